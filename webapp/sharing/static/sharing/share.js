// The link goes by the share sheet of the device where there is one.

document.querySelectorAll("[data-share-by]").forEach((button) => {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ title: button.dataset.title, url: button.dataset.shareBy }).catch(() => {})); // closed without sending
});
