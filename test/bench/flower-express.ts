import express from 'express';
import type { Express } from 'express';

/** What mounts.ts measures mounted, and alone. */
export function createFlowerApp(): Express {
  const app = express();
  app.use(express.json());
  app.post('/sum', ({ body }, response) => {
    const { sepal_len, sepal_width, petal_len, petal_width } = body as Record<string, number>;
    response.json({ sum: sepal_len + sepal_width + petal_len + petal_width });
  });
  return app;
}
