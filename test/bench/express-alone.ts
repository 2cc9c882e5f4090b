// Run by servers.ts from dist: node express-alone.js <port>
import { createFlowerApp } from './flower-express.js';

createFlowerApp().listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => process.exit());
