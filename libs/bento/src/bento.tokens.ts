/** The resolved options of `BentoModule.forRoot`. */
export const BENTO_OPTIONS = Symbol('bentonest.options');

/** What the code says: forRoot, or the factory of forRootAsync and what stands beside it. */
export const CODE_OPTIONS = Symbol('bentonest.code-options');

/** The options that the code gives to serve(), where it was serve() that made the application. */
export const SERVE_OPTIONS = Symbol('bentonest.serve-options');

/** The options of each module: what forRoot and its factory said, with what operators have set over it. */
export const MODULE_OPTIONS = Symbol('bentonest.module-options');
