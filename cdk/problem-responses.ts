// What the gateway itself answers, before any function runs, as RFC 9457 problems.

export interface GatewayProblem {
  /** API Gateway's name of the case. */
  readonly responseType: string;
  /** Absent: the case has several, and the gateway sets the right one. */
  readonly status?: number;
  readonly title: string;
}

export const gatewayProblems: readonly GatewayProblem[] = [
  { responseType: 'INVALID_API_KEY', status: 403, title: 'Forbidden' },
  // No such route: the gateway's own 403 "Missing Authentication Token" helps nobody.
  { responseType: 'MISSING_AUTHENTICATION_TOKEN', status: 404, title: 'Not Found' },
  { responseType: 'REQUEST_TOO_LARGE', status: 413, title: 'Content Too Large' },
  { responseType: 'THROTTLED', status: 429, title: 'Too Many Requests' },
  { responseType: 'QUOTA_EXCEEDED', status: 429, title: 'Too Many Requests' },
  { responseType: 'DEFAULT_4XX', title: 'Request refused' },
  { responseType: 'INTEGRATION_TIMEOUT', status: 504, title: 'Gateway Timeout' },
  { responseType: 'DEFAULT_5XX', status: 500, title: 'Internal Server Error' },
];

/** The gateway fills in `$context…`; `messageString` brings its own quotes. */
export function problemTemplate(problem: GatewayProblem): string {
  const status = problem.status === undefined ? '' : `"status":${problem.status},`;
  const detail =
    problem.status === 404 ? '"There is no such route"' : '$context.error.messageString';
  return `{"type":"about:blank","title":"${problem.title}",${status}"detail":${detail},"request_id":"$context.requestId"}`;
}

export const problemHeaders = {
  'gatewayresponse.header.Content-Type': "'application/problem+json'",
};
