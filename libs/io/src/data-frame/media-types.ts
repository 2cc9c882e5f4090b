export const CSV_TYPE = 'text/csv';
export const ARROW_TYPE = 'application/vnd.apache.arrow.stream';
export const PARQUET_TYPE = 'application/vnd.apache.parquet';
/** Parquet, as BentoML's clients name it. */
export const BINARY_TYPE = 'application/octet-stream';
