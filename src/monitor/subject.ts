/** Whether a text is a subject to publish on: tokens that are not empty and not wildcards. */
export function isPublishSubject(subject: string): boolean {
  return subject
    .split('.')
    .every((token) => token !== '' && token !== '*' && token !== '>' && !/[ \t\n\r\f]/.test(token));
}
