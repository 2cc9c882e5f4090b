import { RunnableMethod } from 'bentonest/runnable';

/** A model that takes the same time for every call and no processor. */
export class FixedTime {
  constructor(private readonly options: { readonly ms: number }) {}

  @RunnableMethod()
  work(): Promise<number> {
    const { ms } = this.options;
    return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
  }
}
