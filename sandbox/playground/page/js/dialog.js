// A dialog over the whole page.

/** Show `dialog`; once it is closed it goes, and the reader is where they were, ready to type. */
export function show(dialog) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    // Chromium gives the focus back without a caret where a press inside the dialog had taken it.
    before?.blur();
    if (before?.isConnected) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
}
