-- Posts the file BODY and writes the figures to the file RESULT as JSON.
local file = io.open(os.getenv('BODY'), 'rb')
wrk.method = 'POST'
wrk.body = file:read('*a')
wrk.headers['Content-Type'] = os.getenv('CONTENT_TYPE')
wrk.headers['Accept'] = 'application/json'
file:close()

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  local out = io.open(os.getenv('RESULT'), 'w')
  out:write(string.format(
    '{"reqPerSec":%.1f,"p50Ms":%.3f,"p99Ms":%.3f,"failed":%d}',
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    failed
  ))
  out:close()
end
