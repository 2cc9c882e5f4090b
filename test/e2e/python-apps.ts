import { once } from 'node:events';
import { WebSocket } from 'ws';
import { findPython } from './python-environment.js';
import { ServedApp } from './served-app.js';

const REQUIREMENTS = [
  'fastapi==0.115.12',
  'uvicorn==0.34.0',
  'websockets==15.0.1',
  'flask==3.1.0',
  'gunicorn==23.0.0',
  'numpy>=1.24,<3',
  'pandas>=2,<3',
];

/** The interpreter of the applications; empty, and said aloud, where there is none. */
export const python = (await findPython(REQUIREMENTS)) ?? '';

const ENTRY = 'dist/test/fixtures/python-app/main.js';

/** A server with the FastAPI application under /py, and with `WSGI_APP` one under /flask. */
export function servePython(env: Readonly<Record<string, string>> = {}): Promise<ServedApp> {
  return ServedApp.start({ entry: ENTRY, env: { PYTHON: python, ...env } });
}

/** The same without waiting for anything: it may not start. */
export function spawnPython(env: Readonly<Record<string, string>>): Promise<ServedApp> {
  return ServedApp.spawn({ entry: ENTRY, env: { PYTHON: python, ...env } });
}

/** What the socket of the FastAPI application answers to so many clients at once, each of whom says hello. */
export function talkToSockets({ url }: ServedApp, clients: number): Promise<readonly string[]> {
  const talk = async (index: number): Promise<string> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/py/socket`);
    await once(socket, 'open');
    socket.send(`hello ${index}`);
    const [answer] = (await once(socket, 'message')) as [Buffer];
    socket.close();
    await once(socket, 'close');
    return answer.toString();
  };
  return Promise.all(Array.from({ length: clients }, (_, index) => talk(index)));
}
