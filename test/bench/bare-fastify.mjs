// Fastify without a model: a route that reads a body and answers one number, for what is left of a core.
// Run by servers.ts: node bare-fastify.mjs <port>
import Fastify from 'fastify';

const app = Fastify();
app.post('/predict', (request, reply) => {
  const [[length]] = request.body;
  void reply.send([length > 1 ? 2 : 1]);
});
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
process.send?.('ready');
process.on('disconnect', () => process.exit());
