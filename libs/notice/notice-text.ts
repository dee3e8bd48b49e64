/** One scope as the person read it. */
export type NoticeScope = {
  readonly scope: string;
  readonly text: string;
};

/**
 * The words of a consent page, exactly as shown: what the consent event names by its hash and `NoticePublished` keeps once.
 * Event data, so the members are the log's words (snake_case) and plain JSON; type aliases, because an interface is no JSON object to TypeScript.
 * A URI that was not shown (none registered, or not http or https) is null.
 */
export type NoticeText = {
  readonly language: string;
  readonly page_version: number;
  readonly client_id: string;
  readonly client_name: string;
  readonly logo_uri: string | null;
  readonly client_uri: string | null;
  readonly policy_uri: string | null;
  readonly tos_uri: string | null;
  readonly title: string;
  readonly introduction: string;
  readonly scopes: readonly NoticeScope[];
  readonly small_print: readonly string[];
  readonly accept: string;
  readonly deny: string;
};
