// In the place of wrk and its script: node autocannon.mjs <connections> <seconds> <url> posts the file
// BODY and writes the figures to the file RESULT as JSON. autocannon's own CLI reads bodies as UTF-8.
import { readFileSync, writeFileSync } from 'node:fs';
import autocannon from 'autocannon';

const [connections, duration, url] = process.argv.slice(2);
const { BODY, RESULT, CONTENT_TYPE } = process.env;
const { requests, latency, non2xx, errors } = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(duration),
  method: 'POST',
  headers: { 'content-type': CONTENT_TYPE, accept: 'application/json' },
  body: readFileSync(BODY),
});
const figures = { reqPerSec: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 };
writeFileSync(RESULT, JSON.stringify({ ...figures, failed: non2xx + errors }));
