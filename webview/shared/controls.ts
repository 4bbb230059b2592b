import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
} from '@vscode/webview-ui-toolkit';

/**
 * The one doorway to the toolkit: no page knows its tags, attributes or events, so that it can be replaced here.
 * Every control has a name for screen readers.
 */
provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeProgressRing(),
);

export interface ButtonNeeds {
  readonly label: string;
  readonly look: 'primary' | 'secondary';
  /** Name of a codicon before the text. */
  readonly icon?: string;
  /** Why it cannot be used now; null when it can. */
  readonly disabledBecause?: string | null;
  readonly act: () => void;
}

export const button = ({ label, look, icon, disabledBecause = null, act }: ButtonNeeds): HTMLElement => {
  const made = document.createElement('vscode-button') as HTMLElement & { appearance: string; disabled: boolean };
  made.appearance = look;
  made.dataset['key'] = `button:${label}`;
  made.append(...(icon === undefined ? [] : [codicon(icon)]), label);
  made.disabled = disabledBecause !== null;
  if (disabledBecause !== null) made.title = disabledBecause;
  made.addEventListener('click', act);
  return made;
};

/** A sign of the editor's own icon font, hidden from screen readers. */
export const codicon = (name: string): HTMLElement => {
  const sign = document.createElement('span');
  sign.className = `codicon codicon-${name}`;
  sign.setAttribute('aria-hidden', 'true');
  // The toolkit puts what has this slot before the text of a button.
  sign.slot = 'start';
  return sign;
};

export interface CheckboxNeeds {
  readonly label: string;
  readonly checked: boolean;
  readonly act: (checked: boolean) => void;
}

export const checkbox = ({ label, checked, act }: CheckboxNeeds): HTMLElement => {
  const made = document.createElement('vscode-checkbox') as HTMLElement & { checked: boolean };
  made.checked = checked;
  made.dataset['key'] = `checkbox:${label}`;
  made.setAttribute('aria-label', label);
  made.append(label);
  made.addEventListener('change', () => {
    act(made.checked);
  });
  return made;
};

export interface DropdownNeeds {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly chosen: string;
  readonly act: (value: string) => void;
}

export const dropdown = ({ label, options, chosen, act }: DropdownNeeds): HTMLElement => {
  const made = document.createElement('vscode-dropdown') as HTMLElement & { value: string };
  made.dataset['key'] = `dropdown:${label}`;
  made.setAttribute('aria-label', label);
  for (const { value, text } of options) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', value);
    option.textContent = text;
    made.append(option);
  }
  made.setAttribute('current-value', chosen);
  made.addEventListener('change', () => {
    act(made.value);
  });
  return made;
};

/** Turns while something is awaited; the words beside it tell what. */
export const progressRing = (): HTMLElement => {
  const made = document.createElement('vscode-progress-ring');
  made.setAttribute('aria-hidden', 'true');
  return made;
};
