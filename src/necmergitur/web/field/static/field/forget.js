// On a page shown to nobody who is signed in: what the responder's page kept on this phone is dropped, whether its
// owner signed out or the session ended by itself. Only those stores: a personal button may live in the others.
if ("caches" in window) {
  caches.keys().then((names) => names.filter((name) => name.startsWith("nec-field-")).forEach((name) => caches.delete(name)));
}
