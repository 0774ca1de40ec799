// What a person does: keys, buttons and a finger on the picture, all of which hold directions or actions down.

const OPPOSITE = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft', ArrowUp: 'ArrowDown', ArrowDown: 'ArrowUp' };
const NAMES = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

export class Steering {
  #site;
  #held = new Set();
  #tapped = new Set(); // pressed since the last step, though perhaps released already

  /** Pressed is called with the key of each press. */
  constructor(site, pressed) {
    [this.#site, this.pressed] = [site, pressed];
    this.moves = site.discrete ? numbered(site.actionNames) : pushes(site);
  }

  /**
   * The action of a key (with what is held beside it) or, without one, what is held or was tapped since the last call; the action of rest
   * where nothing is.
   */
  take(key = null) {
    const pressed = [...this.#tapped, ...this.#held].reverse(); // what was pressed last counts
    const keys = key === null ? pressed : [key, ...this.#held];
    this.#tapped.clear();
    const { discrete, rest, arrows } = this.#site;
    if (discrete) return this.moves.find(move => move.key === keys[0])?.action ?? rest;
    const action = [...rest];
    for (const key of new Set(keys)) {
      const push = arrows[NAMES[key]];
      if (push && !keys.includes(OPPOSITE[key])) action[push.number] = push.value;
    }
    return action;
  }

  press(key) {
    if (!this.moves.some(move => move.key === key)) return false;
    this.#held.delete(key);
    this.#held.add(key);
    this.#tapped.add(key);
    this.pressed(key);
    return true;
  }

  release(key) {
    this.#held.delete(key);
  }

  releaseAll() {
    this.#held.clear();
    this.#tapped.clear();
  }

  /** Takes keys and a finger on an element: the finger pushes from the element's middle to where it is. */
  listen(stage, isOn) {
    stage.addEventListener('keydown', event => {
      if (!isOn() || event.ctrlKey || event.altKey || event.metaKey) return;
      if (this.press(event.key)) event.preventDefault();
    });
    stage.addEventListener('keyup', event => this.release(event.key));
    stage.addEventListener('blur', () => this.releaseAll());
    let pointed = null;
    const point = event => {
      const box = stage.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width - 0.5, y = (event.clientY - box.top) / box.height - 0.5;
      const across = x > 0 ? 'ArrowRight' : 'ArrowLeft', upright = y > 0 ? 'ArrowDown' : 'ArrowUp';
      const wanted = Math.abs(x) > Math.abs(y) ? [across, upright] : [upright, across];
      const key = wanted.find(one => this.moves.some(move => move.key === one));
      if (key === pointed) return;
      if (pointed) this.release(pointed);
      pointed = key;
      if (key) this.press(key);
    };
    stage.addEventListener('pointerdown', event => {
      if (!isOn() || event.button !== 0) return;
      stage.setPointerCapture(event.pointerId);
      point(event);
    });
    stage.addEventListener('pointermove', event => { if (pointed) point(event); });
    for (const type of ['pointerup', 'pointercancel'])
      stage.addEventListener(type, () => { if (pointed) this.release(pointed); pointed = null; });
  }

  /** Buttons for all moves: held by a finger or a mouse, pressed once by a keyboard. */
  addButtons(pad) {
    for (const { key, label } of this.moves) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: label });
      button.addEventListener('pointerdown', () => this.press(key));
      for (const type of ['pointerup', 'pointercancel', 'pointerleave']) button.addEventListener(type, () => this.release(key));
      button.addEventListener('click', event => {
        if (event.detail > 0) return; // a pointer's, which was taken above
        this.press(key);
        this.release(key);
      });
      pad.append(button);
    }
  }
}

/** Numbered actions: by the arrow that is called as one is, and else by their numbers. */
function numbered(names) {
  return names.map((name, action) => {
    const key = Object.keys(NAMES).find(arrow => NAMES[arrow] === name) ?? String(action);
    return { key, action, label: key.length === 1 ? `${name} (${key})` : name };
  });
}

/** Continuous actions: each arrow pushes one number to one of its bounds. */
function pushes({ arrows, actionNames }) {
  return Object.keys(NAMES).filter(key => arrows[NAMES[key]]).map(key => {
    const { number, value } = arrows[NAMES[key]];
    return { key, label: `${NAMES[key]}: ${actionNames[number]} ${value > 0 ? '+' : '−'}` };
  });
}
