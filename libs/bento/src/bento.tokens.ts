/** The resolved options of `BentoModule.forRoot`. */
export const BENTO_OPTIONS = Symbol('bentonest.options');
