/** Charts of the quality of a call, and single values. */

const SVG = 'http://www.w3.org/2000/svg';
/** The line fills the chart after half a minute, and scrolls after two minutes. */
const LEAST_SECONDS = 30;
const MOST_SECONDS = 120;

const kilobits = (bits) => bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;
const milliseconds = (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
const CHARTS = [
  { id: 'received', value: 'receivedBitrate', floor: 100_000, format: kilobits },
  { id: 'sent', value: 'sentBitrate', floor: 100_000, format: kilobits },
  { id: 'roundTrip', value: 'roundTripTimeMs', floor: 50, format: milliseconds },
  { id: 'loss', value: 'lossPercent', floor: 5, format: (percent) => `${percent.toFixed(1)} %` },
];

export class QualityCharts {
  constructor(charts, facts) {
    this.facts = facts;
    this.charts = CHARTS.map((chart) => {
      const box = document.createElement('div');
      box.className = `chart ${chart.id}`;
      const title = box.appendChild(document.createElement('span'));
      const number = box.appendChild(document.createElement('b'));
      const svg = box.appendChild(document.createElementNS(SVG, 'svg'));
      svg.setAttribute('preserveAspectRatio', 'none');
      svg.setAttribute('role', 'img');
      const area = svg.appendChild(document.createElementNS(SVG, 'polygon'));
      const line = svg.appendChild(document.createElementNS(SVG, 'polyline'));
      charts.append(box);
      return { ...chart, title, number, svg, area, line };
    });
  }

  draw(history, words) {
    const now = history.at(-1);
    const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, history.length));
    for (const chart of this.charts) {
      const shown = history.slice(-seconds).map((sample) => sample[chart.value] ?? 0);
      const most = Math.max(chart.floor, ...shown) * 1.1;
      const first = seconds - shown.length;
      const points = shown.map((value, index) => `${first + index + 1},${(43 - 42 * value / most).toFixed(1)}`);
      const known = now && Number.isFinite(now[chart.value]);
      const text = known ? chart.format(now[chart.value]) : '–';
      chart.title.textContent = words[chart.id];
      chart.number.textContent = text;
      chart.svg.setAttribute('aria-label', words.lastMinutes(words[chart.id], text));
      chart.svg.setAttribute('viewBox', `0 0 ${seconds} 44`);
      chart.line.setAttribute('points', points.join(' '));
      chart.area.setAttribute('points', points.length ? `${first + 1},44 ${points.join(' ')} ${seconds},44` : '');
    }
    const { frameWidth, frameHeight, framesPerSecond = 0, path } = now ?? {};
    const picture = frameWidth ? `${frameWidth} × ${frameHeight}, ${Math.round(framesPerSecond)}/s` : words.noPicture;
    const facts = [[words.picture, picture], [words.path, words[path] ?? '–']];
    this.facts.replaceChildren(...facts.flatMap(([name, value]) => {
      const [term, detail] = ['dt', 'dd'].map((tag) => document.createElement(tag));
      term.textContent = name;
      detail.textContent = value;
      return [term, detail];
    }));
  }
}
