import { NdArray } from 'bentonest';
import type { BentoModel, Runner } from 'bentonest';
import { Hono } from 'hono';

/** A Hono application as anybody has one; that it calls a model is its only tie to BentoNest. */
export function createHonoApp(irisClf: Runner, { tag }: BentoModel): Hono {
  const app = new Hono();
  // Hono would answer errors by itself: thrown again, they reach Nest's filters.
  app.onError((error) => {
    throw error;
  });

  app.get('/metadata', (context) => context.json({ name: tag.name, version: tag.version }));

  app.post('/predict', async (context) => {
    const flower = await context.req.json<Record<string, number>>();
    const { sepal_len, sepal_width, petal_len, petal_width } = flower;
    const input = NdArray.from([[sepal_len, sepal_width, petal_len, petal_width]]);
    const classes = await irisClf.predict.run(input);
    return context.json({ prediction: Number(classes.data[0]) });
  });

  return app;
}
