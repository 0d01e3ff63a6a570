// What a browser makes of a page, judged by the success criteria of WCAG 2.2 that a program can judge.
// Evaluates to a list of findings.
() => {
  const findings = [];
  const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
  const told = (element) => element.outerHTML.slice(0, 120);

  // 1.4.10: no scrolling in two directions
  if (document.documentElement.scrollWidth > innerWidth) findings.push(`wider than ${innerWidth} px`);

  // 1.3.1, 2.4.6: one title, and no level of headings left out
  const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) findings.push(`headings: ${levels}`);
  levels.forEach((level, i) => i && level > levels[i - 1] + 1 && findings.push(`headings: ${levels}`));

  // 4.1.2, 3.3.2: everything that one can use has a name
  for (const field of all("input, select, textarea")) {
    if (![...field.labels].some((label) => label.textContent.trim())) findings.push(`no label: ${told(field)}`);
  }
  for (const control of all("a, button, summary")) {
    if (!control.textContent.trim()) findings.push(`no name: ${told(control)}`);
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) findings.push(`no alt: ${told(image)}`);
  for (const landmark of all("nav, section")) {
    const name = landmark.getAttribute("aria-label") ?? document.getElementById(landmark.getAttribute("aria-labelledby"))?.textContent;
    if (!name?.trim()) findings.push(`no name: ${told(landmark)}`);
  }

  // 2.5.8: targets are large enough, unless they stand in a sentence
  for (const target of all("a, button, summary, select, input")) {
    if (target.closest("p, .prose li, .breadcrumb, .contact")) continue;
    const { width, height } = target.getBoundingClientRect();
    if (width < 24 || height < 24) findings.push(`${Math.round(width)}x${Math.round(height)} px: ${told(target)}`);
  }

  // 1.4.3: text stands out from its ground
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const over = (colour, [r, g, b]) => {
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.fillRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const ground = (element) => {
    const under = element.parentElement ? ground(element.parentElement) : [255, 255, 255];
    return over(getComputedStyle(element).backgroundColor, under);
  };
  const luminance = (colour) =>
    colour
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !visible(element)) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(over(style.color, ground(element)), ground(element));
    if (ratio < (large ? 3 : 4.5)) findings.push(`contrast ${ratio.toFixed(2)}: ${told(element)}`);
  }
  // 1.4.11: so do the borders of what one fills in
  for (const field of all("input, select, textarea")) {
    const around = ground(field.parentElement);
    const ratio = contrast(over(getComputedStyle(field).borderTopColor, around), around);
    if (ratio < 3) findings.push(`contrast of the border ${ratio.toFixed(2)}: ${told(field)}`);
  }
  return findings;
}
