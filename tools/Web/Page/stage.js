// Where a view is seen: a canvas for each of its panels, and words for those who do not see them.

export class Stage {
  #element;
  #site;
  #panels = [];

  constructor(element, site) {
    [this.#element, this.#site] = [element, site];
  }

  /** Makes room for a view's panels. What is played in takes keys: it is an application, in a screen reader's words. */
  show(view) {
    const playable = Boolean(view.isPlayable), stage = this.#element;
    stage.classList.toggle('playable', playable);
    stage.setAttribute('role', playable ? 'application' : 'group');
    stage.setAttribute('aria-label', playable ? `${this.#site.title}: the game` : 'What is shown');
    if (playable) {
      stage.tabIndex = 0;
      stage.setAttribute('aria-describedby', 'help');
    } else {
      stage.removeAttribute('tabindex');
      stage.removeAttribute('aria-describedby');
    }
    this.#panels = [];
    stage.replaceChildren();
  }

  draw(view) {
    const panels = view.panels;
    while (this.#panels.length < panels.length) this.#add();
    panels.forEach(({ title, draw }, i) => {
      const { caption, canvas } = this.#panels[i];
      caption.textContent = title;
      draw(canvas);
      canvas.setAttribute('aria-label', this.#words(title, view));
    });
  }

  #add() {
    const figure = document.createElement('figure'), caption = document.createElement('figcaption');
    const canvas = document.createElement('canvas');
    canvas.setAttribute('role', 'img');
    canvas.classList.toggle('smooth', !this.#site.picture);
    figure.append(caption, canvas);
    this.#element.append(figure);
    this.#panels.push({ caption, canvas });
  }

  #words(title, view) {
    const { picture, observationNames } = this.#site;
    if (picture) return `${title}: a picture of ${picture[2]} by ${picture[1]} pixels at step ${view.steps}`;
    const seen = title === 'Real game' || !view.dreamt ? view.observation : view.dreamt;
    return `${title}: ${observationNames.map((name, i) => `${name} ${seen[i].toFixed(2)}`).join(', ')}`;
  }
}
