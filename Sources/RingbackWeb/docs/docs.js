// The page at docs: fetches openapi.json, which is beside it, and renders it. No dependencies.

// ------------------------------------------------------------------------------------------------------- small helpers

/** An element. Attributes that are null are left out; children may be nodes, text, arrays or nothing. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const joined = (parts, separator) => parts.flatMap((part, index) => (index ? [separator, part] : [part]));
const link = (href, ...children) => h('a', { href }, ...children);
const anchor = (id) => h('a', { class: 'anchor', href: `#${id}`, 'aria-label': 'Link to this' }, '#');
const nameOf = (value) => /^#\/components\/schemas\/(.+)$/.exec(value?.$ref ?? '')?.[1];
let api;

/** The target of a reference, overridden by the members beside the reference. */
function resolve(value) {
  const { $ref: ref, ...own } = value ?? {};
  if (!ref) return value;
  const keys = ref.slice(2).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = keys.reduce((node, key) => node?.[key], api);
  return { ...resolve(target), ...own };
}

// ------------------------------------------------------------------------------------------------------------ Markdown

/** `code`, **bold**, [text](address) */
function inline(text) {
  return text.split(/(`[^`]+`|\*\*.+?\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part[0] === '`') return h('code', null, part.slice(1, -1));
    if (part[0] === '*') return h('strong', null, inline(part.slice(2, -2)));
    const [, label, href] = /^\[(.+)\]\((.+)\)$/.exec(part);
    return link(href, inline(label));
  });
}

/** Headings, lists, tables, fenced code and paragraphs. With `anchors`, headings and error codes get an id. */
function markdown(text, anchors = false) {
  const lines = (text ?? '').trimEnd().split('\n');
  const blocks = [];
  let i = 0;
  const take = (test) => {
    const start = i;
    while (i < lines.length && test(lines[i], i > start)) i += 1;
    return lines.slice(start, i);
  };
  while (i < lines.length) {
    const line = lines[i];
    if (!line.trim()) {
      i += 1;
    } else if (line.startsWith('```')) {
      i += 1;
      blocks.push(codeBlock(take((l) => !l.startsWith('```')).join('\n')));
      i += 1;
    } else if (/^#{2,4} /.test(line)) {
      const [, marks, title] = /^(#+) (.*)$/.exec(line);
      const id = anchors ? slug(title) : null;
      blocks.push(h(`h${marks.length}`, { id }, inline(title), id && anchor(id)));
      i += 1;
    } else if (line.startsWith('|')) {
      blocks.push(table(take((l) => l.startsWith('|')), anchors));
    } else if (line.startsWith('- ')) {
      const items = take((l) => /^(- | {2})/.test(l)).join('\n').split(/^- /m).slice(1);
      blocks.push(h('ul', null, items.map((item) => h('li', null, inline(item.replace(/\s+/g, ' '))))));
    } else {
      const paragraph = take((l, inside) => l.trim() && !(inside && /^(- |\||```|#{2,4} )/.test(l)));
      blocks.push(h('p', null, inline(paragraph.join(' '))));
    }
  }
  return blocks;
}

function table(lines, anchors) {
  const cells = (line) => line.slice(1, line.lastIndexOf('|')).split('|').map((cell) => cell.trim());
  const [head, , ...body] = lines.map(cells);
  return h('div', { class: 'scroll' }, h('table', null,
    h('thead', null, h('tr', null, head.map((cell) => h('th', null, inline(cell))))),
    h('tbody', null, body.map((row) => {
      const code = row[0].replaceAll('`', '');
      const id = anchors && api.components.schemas.ProblemCode.enum.includes(code) ? `problem-${code}` : null;
      return h('tr', { id }, row.map((cell) => h('td', null, inline(cell))));
    }))));
}

// ---------------------------------------------------------------------------------------------------------------- code

function codeBlock(source, json = false) {
  const copy = h('button', { type: 'button', class: 'copy', 'aria-label': 'Copy' }, 'copy');
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source);
    copy.textContent = 'copied';
    setTimeout(() => { copy.textContent = 'copy'; }, 1500);
  });
  return h('div', { class: 'code' }, navigator.clipboard && copy,
    h('pre', { tabindex: 0 }, h('code', null, json ? colored(source) : source)));
}

/** JSON with syntax highlighting. */
function colored(source) {
  return source.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?\b)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const kind = part.endsWith(':') ? 'name' : part[0] === '"' ? 'string' : 'value';
    return h('span', { class: `json-${kind}` }, part);
  });
}

/** JSON with small objects and arrays kept on one line. */
function format(value, indent = '') {
  const short = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  if (value === null || typeof value !== 'object' || short.length + indent.length <= 56) return short;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Array.isArray(value)
    ? value.map((item) => inner + format(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${format(item, inner)}`);
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

const example = (value) => (typeof value === 'string' ? codeBlock(value.trimEnd()) : codeBlock(format(value), true));

/** [title, value] of all examples of a media type, or of its schema. */
function examplesOf(media) {
  if (media.example !== undefined) return [['', media.example]];
  const named = Object.values(media.examples ?? {}).map(resolve);
  if (named.length) return named.map(({ summary, value }) => [summary ?? '', value]);
  return (resolve(media.schema)?.examples ?? []).slice(0, 1).map((value) => ['', value]);
}

// ------------------------------------------------------------------------------------------------------------- schemas

/** A schema's type in a few words, with links. */
function typeOf(schema = {}) {
  const name = nameOf(schema);
  if (name) return link(`#schema-${name}`, name);
  if (schema.enum) return joined(schema.enum.map((item) => h('code', null, String(item))), ' · ');
  if (schema.type === 'array') return ['array of ', typeOf(schema.items)];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return joined(choices.map(typeOf), ' or ');
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  return schema.type ?? 'any JSON value';
}

/** The constraints of a schema beyond its type, in words. */
function boundsOf(schema) {
  const range = (low, high, unit) => {
    const large = { 1e15: '10¹⁵', [Number.MAX_SAFE_INTEGER]: '2⁵³ − 1' };
    const number = (n) => large[n] ?? n.toLocaleString('en');
    if (low === undefined && high === undefined) return null;
    if (low === high) return `exactly ${number(low)}${unit}`;
    if (high === undefined) return `at least ${number(low)}${unit}`;
    if (low === undefined) return `at most ${number(high)}${unit}`;
    return `${number(low)} to ${number(high)}${unit}`;
  };
  const not = schema.not?.enum && ['not ', joined(schema.not.enum.map((item) => h('code', null, item)), ', ')];
  return joined([
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.format && schema.format !== 'password' ? schema.format : null,
    schema.pattern?.length < 100 ? h('code', { class: 'pattern' }, schema.pattern) : null,
    not,
    schema.default !== undefined ? ['default ', h('code', null, JSON.stringify(schema.default))] : null,
  ].filter(Boolean), ', ');
}

/** All properties of a schema. */
function propertiesOf(schema) {
  const { properties = {}, required = [] } = resolve(schema) ?? {};
  return Object.entries(properties).map(([name, property]) => ({ name, property, required: required.includes(name) }));
}

function propertyList(schema) {
  const rows = propertiesOf(schema);
  if (!rows.length) return null;
  return h('dl', { class: 'properties' }, rows.map(({ name, property, required }) => row(
    name, null, property, required, facts(property), nested(property))));
}

/** A property or a parameter. */
function row(name, place, schema, required, ...details) {
  return [h('dt', null, h('code', { class: 'name' }, name), place && h('span', { class: 'in' }, place),
    h('span', { class: 'type' }, typeOf(schema)), required && h('span', { class: 'required' }, 'required')),
  h('dd', null, details)];
}

/** The description and bounds of a schema; the bounds of a named schema are shown with that schema. */
function facts(schema) {
  const bounds = boundsOf(nameOf(schema) ? {} : schema);
  return [markdown(schema.description), bounds.length > 0 && h('p', { class: 'bounds' }, bounds)];
}

/** The properties of an object, or of an array's items, whose schema has no name. */
function nested(schema) {
  const inner = schema.type === 'array' ? schema.items : schema;
  return nameOf(inner) ? null : propertyList(inner);
}

function schemaSection(name, schema) {
  const id = `schema-${name}`;
  return h('section', { class: 'entry', id },
    h('div', { class: 'text' },
      h('h3', null, h('code', null, name), anchor(id)),
      markdown(schema.description),
      !schema.properties && !schema.oneOf && h('p', null, typeOf(schema)),
      boundsOf(schema).length > 0 && h('p', { class: 'bounds' }, boundsOf(schema)),
      schema.oneOf && h('ul', null, schema.oneOf.map((choice) => h('li', null, typeOf(choice)))), propertyList(schema)),
    h('div', { class: 'samples' }, (schema.examples ?? []).map(example)));
}

// ---------------------------------------------------------------------------------------------------------- operations

const SECURITY = {
  bearerAuth: () => ['a ', link('#op-createSession', 'bearer token')],
  ticket: () => ['a ', link('#op-createTicket', 'ticket'), ' as ', h('code', null, '?ticket=')],
  adminToken: () => 'the administrator’s bearer token',
  none: () => ['a ', link('#schema-SocketHello', 'hello')],
};

function securityOf(operation) {
  const schemes = (operation.security ?? api.security ?? []).map((entry) => Object.keys(entry)[0]);
  if (!schemes.length) return h('p', { class: 'security' }, 'No authentication required.');
  const words = schemes.map((scheme) => SECURITY[scheme ?? 'none']?.() ?? scheme);
  return h('p', { class: 'security' }, 'Requires ', joined(words, ' or '), '.');
}

function parameterList(parameters) {
  if (!parameters.length) return null;
  return [h('h4', null, 'Parameters'), h('dl', { class: 'properties' }, parameters.map((parameter) => row(
    parameter.name, parameter.in, parameter.schema, parameter.required && parameter.in !== 'path',
    markdown(parameter.description), facts(parameter.schema))))];
}

function bodyOf(body) {
  if (!body) return null;
  const schema = Object.values(body.content)[0].schema;
  const optional = !body.required && [' ', h('span', { class: 'in' }, 'optional')];
  return [h('h4', null, 'Body ', h('span', { class: 'type' }, typeOf(schema)), optional), propertyList(schema)];
}

function responseRow(status, response) {
  const whole = resolve(response);
  const types = Object.entries(whole.content ?? {});
  const problem = types[0]?.[0] === 'application/problem+json';
  const kinds = types.map(([type, media]) => (nameOf(media.schema) ? typeOf(media.schema) : h('code', null, type)));
  return h('li', { class: problem ? 'problem' : 'success' },
    h('span', { class: 'status' }, status),
    h('div', null, markdown(whole.description),
      !problem && types.length > 0 && h('p', { class: 'type' }, joined(kinds, ' · ')),
      Object.entries(whole.headers ?? {}).map(([name, header]) => h('p', { class: 'bounds' },
        h('code', null, name), ' ', inline(resolve(header).description)))));
}

function responsesOf(operation) {
  const rows = Object.entries(operation.responses);
  const isError = ([status]) => status >= '400';
  const errors = rows.filter(isError);
  return [
    h('h4', null, 'Responses'),
    h('ul', { class: 'responses' }, rows.filter((row) => !isError(row)).map(([s, r]) => responseRow(s, r))),
    errors.length > 0 && h('details', null,
      h('summary', null, 'Errors ', errors.map(([status]) => h('span', { class: 'status' }, status))),
      h('ul', { class: 'responses' }, errors.map(([s, r]) => responseRow(s, r)))),
  ];
}

/** The request as a shell command. */
function curl(method, path, operation, parameters) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => parameters.find((p) => p.name === name)?.example ?? name);
  const query = new URLSearchParams(parameters.filter((p) => p.in === 'query').map((p) => [p.name, p.example]));
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const words = [`curl -sS${verb} "$RINGBACK${filled}${query.size ? `?${query}` : ''}"`];
  const scheme = Object.keys((operation.security ?? api.security ?? [])[0] ?? {})[0];
  if (scheme) words.push(`-H "Authorization: Bearer $${scheme === 'adminToken' ? 'ADMIN_' : ''}TOKEN"`);
  const media = operation.requestBody?.content?.['application/json'];
  if (media) {
    const body = format(examplesOf(media)[0][1], '  ').replaceAll("'", "'\\''");
    words.push('-H "Content-Type: application/json"', `-d '${body}'`);
  }
  return words.join(' \\\n  ');
}

/** The frames of a WebSocket, shown in place of a request and a response. */
function frames() {
  return ['SocketHello', 'SocketEvent', 'SocketRequest', 'SocketResponse', 'SocketErrorResponse']
    .map((name) => [h('h5', null, link(`#schema-${name}`, name)), example(api.components.schemas[name].examples[0])]);
}

function operationSection(method, path, item, operation) {
  const id = `op-${operation.operationId}`;
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const answers = Object.entries(operation.responses).filter(([status]) => status < '400')
    .flatMap(([status, response]) => Object.values(resolve(response).content ?? {}).flatMap((media) => examplesOf(media)
      .map(([title, value]) => [h('h5', null, title ? `${status}: ${title}` : status), example(value)])));
  return h('section', { class: 'entry operation', id },
    h('div', { class: 'text' },
      h('h3', null, operation.summary, anchor(id)),
      h('p', { class: 'route' }, h('span', { class: `method ${method}` }, method.toUpperCase()), h('code', null, path),
        h('code', { class: 'id', title: 'operationId' }, operation.operationId)),
      markdown(operation.description), securityOf(operation),
      parameterList(parameters), bodyOf(operation.requestBody), responsesOf(operation)),
    h('div', { class: 'samples' }, operation.operationId === 'openSocket' ? frames()
      : [h('h5', null, 'Request'), codeBlock(curl(method, path, operation, parameters)), answers]));
}

// ---------------------------------------------------------------------------------------------------------------- page

function render() {
  const main = document.getElementById('main');
  const contents = document.getElementById('contents');
  const groups = [];
  const entry = (id, words, ...label) => h('li', null,
    h('a', { href: `#${id}`, 'data-words': words.toLowerCase() }, ...label));
  const group = (id, title, entries) => groups.push(h('section', null,
    link(`#${id}`, h('h2', null, title)), h('ul', null, entries)));

  document.title = `${api.info.title} API`;
  document.getElementById('version').textContent = api.info.version;
  const intro = markdown(api.info.description, true);
  main.replaceChildren(h('section', { class: 'intro' },
    h('h1', null, `${api.info.title} API`), h('p', { class: 'lead' }, api.info.summary), intro));
  const headings = intro.filter((node) => node.id);
  group('main', 'Overview', headings.map((node) => entry(node.id, node.textContent, node.firstChild.textContent)));

  const operations = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item)
    .map(([method, operation]) => ({ method, path, item, operation }))).filter((one) => one.operation.operationId);
  for (const tag of api.tags) {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    const id = `tag-${slug(tag.name)}`;
    main.append(h('section', { class: 'tag', id }, h('h2', null, tag.name, anchor(id)), markdown(tag.description)),
      ...own.map(({ method, path, item, operation }) => operationSection(method, path, item, operation)));
    group(id, tag.name, own.map(({ method, path, operation }) => entry(`op-${operation.operationId}`,
      [method, path, operation.operationId, operation.summary, operation.description].join(' '),
      h('span', { class: `method ${method}` }, method.toUpperCase().replace('DELETE', 'DEL')), operation.summary)));
  }

  const schemas = Object.entries(api.components.schemas);
  main.append(h('section', { class: 'tag', id: 'schemas' }, h('h2', null, 'Schemas', anchor('schemas'))),
    ...schemas.map(([name, schema]) => schemaSection(name, schema)));
  group('schemas', 'Schemas', schemas.map(([name, schema]) => entry(`schema-${name}`,
    [name, schema.description, ...propertiesOf(schema).map((row) => row.name)].join(' '), h('code', null, name))));
  contents.replaceChildren(...groups);
}

/** Filters the sidebar by all words of the input; Enter follows the first remaining link. */
function setUpFilter() {
  const filter = document.getElementById('filter');
  const links = [...document.querySelectorAll('#contents li a')];
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const a of links) a.parentElement.hidden = !words.every((word) => a.dataset.words.includes(word));
    for (const section of document.querySelectorAll('#contents section')) {
      section.hidden = !section.querySelector('li:not([hidden])');
    }
    document.getElementById('nothing').hidden = links.some((a) => !a.parentElement.hidden);
  };
  filter.addEventListener('input', apply);
  filter.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') links.find((a) => !a.parentElement.hidden)?.click();
    if (event.key !== 'Escape') return;
    filter.value = '';
    apply();
    filter.blur();
    showMenu(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.closest('input')) return;
    event.preventDefault();
    showMenu(true);
    filter.focus();
  });
}

/** Shows or hides the sidebar on a small screen. */
function showMenu(open) {
  document.body.classList.toggle('menu-open', open);
  document.getElementById('menu').setAttribute('aria-expanded', String(open));
}

function setUpMenu() {
  document.getElementById('menu').addEventListener('click', () => showMenu(!document.body.matches('.menu-open')));
  document.addEventListener('click', (event) => { if (event.target.closest('main, #contents a')) showMenu(false); });
}

/** Marks the visible section in the sidebar. */
function setUpSpy() {
  const links = new Map([...document.querySelectorAll('#contents a')].map((a) => [a.hash.slice(1), a]));
  const targets = [...document.querySelectorAll('main [id]')].filter((element) => links.has(element.id));
  let current = null;
  const mark = () => {
    const passed = targets.filter((element) => element.getBoundingClientRect().top < 120);
    const next = links.get(passed.at(-1)?.id) ?? null;
    if (next === current) return;
    current?.removeAttribute('aria-current');
    next?.setAttribute('aria-current', 'true');
    if (!document.body.matches('.menu-open')) next?.scrollIntoView({ block: 'nearest' });
    current = next;
  };
  document.addEventListener('scroll', mark, { passive: true });
  mark();
}

function setUpTheme() {
  const root = document.documentElement;
  try {
    const stored = localStorage.getItem('ringback-docs-theme');
    if (stored) root.dataset.theme = stored;
  } catch { /* no storage: use the system's preference */ }
  document.getElementById('theme').addEventListener('click', () => {
    const dark = (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : '')) === 'dark';
    root.dataset.theme = dark ? 'light' : 'dark';
    try { localStorage.setItem('ringback-docs-theme', root.dataset.theme); } catch { /* kept for this visit only */ }
  });
}

async function start() {
  setUpTheme();
  setUpMenu();
  try {
    const response = await fetch('openapi.json');
    if (!response.ok) throw new Error(`openapi.json returned status ${response.status}`);
    api = await response.json();
    render();
  } catch (error) {
    document.getElementById('main').replaceChildren(h('p', { role: 'alert' },
      `The API document could not be loaded: ${error.message}. `, link('openapi.yaml', 'Open openapi.yaml')));
    throw error;
  }
  setUpFilter();
  if (location.hash) location.replace(location.href); // its target exists only now
  setUpSpy();
}

start();
