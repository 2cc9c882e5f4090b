/** The resolved options of `BentoModule.forRoot`. */
export const BENTO_OPTIONS = Symbol('bentonest.options');

/** The options of each module: what forRoot and its factory said, with what operators have set over it. */
export const MODULE_OPTIONS = Symbol('bentonest.module-options');

/** True where `serve()` made the application. */
export const SERVED = Symbol('bentonest.served');
