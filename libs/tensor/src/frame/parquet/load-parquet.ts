import { importPeer } from 'bentonest/errors';

const FEATURE = 'application/vnd.apache.parquet';

type ParquetReader = typeof import('hyparquet') &
  Pick<typeof import('hyparquet/src/column.js'), 'parquetHeader'>;

/** @throws MissingPeerError */
export function loadParquetReader(): Promise<ParquetReader> {
  return importPeer('hyparquet', FEATURE, async () => {
    const [hyparquet, { parquetHeader }] = await Promise.all([
      import('hyparquet'),
      import('hyparquet/src/column.js'),
    ]);
    return { ...hyparquet, parquetHeader };
  });
}

/** @throws MissingPeerError */
export function loadParquetWriter(): Promise<typeof import('hyparquet-writer')> {
  return importPeer('hyparquet-writer', FEATURE, () => import('hyparquet-writer'));
}
