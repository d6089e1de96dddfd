// Final records that may change all the same.
const HOUR_MS = 3_600_000;

// A request has ended the record, and the run has not carried it out yet.
export const stillRuns = ({ final, control }) => final && control?.acknowledged_at === null;

// Its worker was only frozen, perhaps, and may go on; for an hour this is looked for.
export const mayReturn = ({ final, error_code: code, ...record }) =>
  final &&
  code?.code === "lost" &&
  Date.now() - Date.parse(record.timestamp ?? record.updated_at) < HOUR_MS;
