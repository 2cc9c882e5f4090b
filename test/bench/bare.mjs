// Bare Fastify with onnxruntime-node in process: what a team writes without a framework, and what
// our figures are ratios of. Run by servers.ts: node bare.mjs <port> <model.onnx>
import Fastify from 'fastify';
import ort from 'onnxruntime-node';

const [port, model] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const [inputName] = session.inputNames;
const [outputName] = session.outputNames;
const width = session.inputMetadata[0].shape[1];

const app = Fastify({ bodyLimit: 20 * 1024 * 1024 });
app.post('/predict', async (request) => {
  const rows = request.body;
  const data = new Float32Array(rows.length * width);
  let at = 0;
  for (const row of rows) for (let i = 0; i < width; i++) data[at++] = row[i];
  const feeds = { [inputName]: new ort.Tensor('float32', data, [rows.length, width]) };
  const { [outputName]: output } = await session.run(feeds, [outputName]);
  if (output.dims.length === 1) return Array.from(output.data, Number);
  const columns = output.dims[1];
  return rows.map((_, row) => Array.from(output.data.subarray(row * columns, (row + 1) * columns)));
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
process.send?.('ready');
process.on('disconnect', () => process.exit());
