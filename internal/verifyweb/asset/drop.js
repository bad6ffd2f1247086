// A file that is dropped anywhere on the page is chosen, as if by hand. Nothing is sent.
"use strict";
const input = document.getElementById("file");
document.addEventListener("dragover", event => event.preventDefault());
document.addEventListener("drop", event => {
  if (event.target instanceof HTMLInputElement && event.target.type === "file") return;
  event.preventDefault();
  if (event.dataTransfer.files.length === 0) return;
  const chosen = new DataTransfer();
  chosen.items.add(event.dataTransfer.files[0]);
  input.files = chosen.files;
  input.focus();
});
