// Which results come first, and what is shown of them. Sphinx's searchtools.js finds the pages; the index lists the pages
// of each word in the order of how often they use it.
const stemmer = new Stemmer();
const stems = text => splitQuery(text.toLowerCase()).filter(word => !stopwords.includes(word)).map(word => stemmer.stemWord(word));
const words = new Set(stems(new URLSearchParams(location.search).get("q") || ""));
const own = (table, word) => Object.hasOwn(table, word) ? [table[word]].flat() : [];
const asked = [...words].join(" ");
const homes = Object.entries(JSON.parse(document.getElementById("homes").textContent));
const home = homes.find(([term]) => [...new Set(stems(term))].join(" ") === asked)?.[1];     // the chapter that introduces it

Scorer.score = ([page, title, anchor]) => {
  const { docnames, titles, terms, titleterms } = Search._index;
  const k = docnames.indexOf(page), chapter = page.match(/\/(\d\d)-/)?.[1];
  const topic = new Set(stems(titles[k].split(":")[0]));
  let score = anchor ? 1 : 0;                                  // the section rather than the chapter that it is in
  for (const word of words) {
    const inTitles = own(titleterms, word).indexOf(k), inText = own(terms, word).indexOf(k);
    if (topic.has(word)) score += 100;
    if (inTitles >= 0) score += 20 + 20 / (1 + inTitles);
    if (inText >= 0) score += 20 / (1 + inText);
  }
  if (home && chapter === home) score += 25;
  return chapter ? score : score - 70;                         // a chapter before the appendix that only mentions it
};

// The paragraph that has most of the words, those without formulas first
Search.makeSearchSummary = (page, found, anchor) => {
  const parsed = new DOMParser().parseFromString(page, "text/html").querySelector("article");
  const place = anchor && parsed.querySelector("#" + CSS.escape(anchor.slice(1))) || parsed;
  for (const part of place.querySelectorAll("script, style, .headerlink, .byline, .cell_input, .ux-ghost, h1")) part.remove();
  const text = part => part.textContent.replace(/\\[()]/g, "").replace(/\s+/g, " ").trim();
  const worth = part => {
    const said = text(part).toLowerCase();
    return [...found].filter(word => said.includes(word)).length - (part.querySelector(".math") ? .5 : 0) - (said.length < 60 ? .6 : 0);
  };
  const summary = document.createElement("p");
  summary.classList.add("context");
  const parts = [...place.querySelectorAll("p, li, dd, td")].map(part => [worth(part), part]);
  const best = parts.reduce((a, b) => b[0] > a[0] ? b : a, [0, null])[1];
  if (!best) return summary;                                   // the words stand in code only
  const said = text(best), low = said.toLowerCase();
  const at = Math.min(...[...found].map(word => low.indexOf(word)).filter(k => k >= 0));
  const start = at < 140 ? 0 : said.indexOf(" ", at - 120) + 1;
  const end = said.length < start + 280 ? said.length : said.lastIndexOf(" ", start + 260);
  summary.textContent = (start ? "… " : "") + said.slice(start, end) + (end < said.length ? " …" : "");
  return summary;
};

Documentation.TRANSLATIONS["Search finished, found ${resultCount} page(s) matching the search query."] = "Found in this order, the best match first:";
Documentation.TRANSLATIONS["Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories."]
  = "Nothing was found. Is every word spelled as it should be? All words have to be on one page.";

addEventListener("DOMContentLoaded", () => words.size || document.querySelector(".bd-search-container input").focus());
