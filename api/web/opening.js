// An address that opens an answer or asks a question shows no empty page before it.
if (/[?&](answer|q)=/.test(location.search)) document.documentElement.className = "opening";
