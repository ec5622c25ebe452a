/** The people of this server and their presence. */

export class Directory {
  static MOST_USERS = 1_000;
  static MOST_WATCHED = 200;
  /** userId → User */
  users = new Map();
  query = '';
  isLoaded = false;
  #watched = '';
  #asked = new Set();
  #loading = null;

  constructor(ringback, account, onChange) {
    Object.assign(this, { ringback, account, onChange });
    ringback.addEventListener('presence', () => {
      for (const userId of ringback.presence.keys()) this.name(userId);
      onChange();
    });
  }

  name(userId) {
    const user = this.users.get(userId);
    if (!user && userId && !this.#asked.has(userId)) this.#ask(userId);
    return user?.displayName || userId || '';
  }

  status(userId) {
    return this.ringback.presence.get(userId)?.status ?? 'offline';
  }

  /** The people to show: those online first, then by name. */
  get people() {
    const order = { online: 0, busy: 1, offline: 2 };
    const query = this.query.trim().toLowerCase();
    const matches = ({ userId, displayName }) => `${userId}\n${displayName}`.toLowerCase().includes(query);
    const rankOf = ({ userId }) => order[this.status(userId)];
    return [...this.users.values()]
      .filter((user) => user.userId !== this.account.userId && matches(user))
      .sort((a, b) => rankOf(a) - rankOf(b) || a.displayName.localeCompare(b.displayName));
  }

  /** Reads the directory page by page, then watches the presence of those shown. */
  refresh() {
    this.#loading ??= this.#load()
      .catch((error) => console.debug('directory', error))
      .finally(() => { this.#loading = null; });
    return this.#loading;
  }

  async search(query) {
    this.query = query;
    this.onChange();
    if (query && this.isTruncated) {
      const found = await this.ringback.request('GET', 'users', { prefix: query, limit: 50 }).catch(() => null);
      found?.items.forEach((user) => this.users.set(user.userId, user));
    }
    await this.#watch().catch((error) => console.debug('watching', error));
  }

  async #load() {
    const found = new Map();
    let after;
    do {
      const query = after ? { limit: 100, after } : { limit: 100 };
      const { items, next } = await this.ringback.request('GET', 'users', query);
      items.forEach((user) => found.set(user.userId, user));
      after = next;
    } while (after && found.size < Directory.MOST_USERS);
    this.isTruncated = Boolean(after);
    if (!this.isTruncated) this.users.clear();
    found.forEach((user, userId) => this.users.set(userId, user));
    this.isLoaded = true;
    this.onChange();
    await this.#watch();
  }

  /** `Ringback` restores the watch list after every interruption. */
  async #watch() {
    const shown = this.people.slice(0, Directory.MOST_WATCHED - 1).map(({ userId }) => userId);
    // The user's own presence shows calls on other devices.
    const userIds = [this.account.userId, ...shown].sort();
    if (userIds.join() === this.#watched) return;
    await this.ringback.watch(userIds);
    this.#watched = userIds.join();
  }

  async #ask(userId) {
    this.#asked.add(userId);
    const user = await this.ringback.request('GET', `users/${encodeURIComponent(userId)}`).catch(() => null);
    if (!user) return;
    this.users.set(userId, user);
    this.onChange();
  }
}
