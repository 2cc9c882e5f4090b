import { NdArray } from 'bentonest';
import type { BentoModel, Runner } from 'bentonest';
import express from 'express';
import type { Express } from 'express';

/** An Express application as anybody has one; that it calls a model is its only tie to BentoNest. */
export function createExpressApp(irisClf: Runner, { tag }: BentoModel): Express {
  const app = express();
  app.use(express.json());

  app.get('/metadata', (_request, response) => {
    response.json({ name: tag.name, version: tag.version });
  });

  app.post('/predict', async ({ body }, response) => {
    const { sepal_len, sepal_width, petal_len, petal_width } = body as Record<string, number>;
    const input = NdArray.from([[sepal_len, sepal_width, petal_len, petal_width]]);
    const classes = await irisClf.predict.run(input);
    response.json({ prediction: Number(classes.data[0]) });
  });

  return app;
}
