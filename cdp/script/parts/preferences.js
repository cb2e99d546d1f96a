// Preferences of a person, embedded in a page.
function preferences() { return Promise.resolve(null); }
