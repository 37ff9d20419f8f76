// Puts a button and a panel on any page:
//
//   <script src="https://tebiki.example/widget.js" data-title="手引きに質問" data-language="ja"
//     data-position="right" data-colour="#00695c" data-logo="https://city.example/logo.svg" defer></script>
//
// The page's Content-Security-Policy needs https://tebiki.example in script-src and connect-src,
// nothing inline; its address must be among Tebiki's allowed origins. Colours are CSS variables:
//
//   tebiki-widget { --tebiki-key: #00695c; }
(() => {
  const script = document.currentScript;
  const base = script.src.replace(/\/widget\.js.*$/, ""); // with the name of the corpus, where it has one
  import(`${base}/web/panel.js`)
    .then(({ Panel }) => {
      if (!customElements.get("tebiki-widget")) customElements.define("tebiki-widget", Panel);
      const put = () => {
        const widget = document.createElement("tebiki-widget");
        Object.assign(widget.dataset, script.dataset, { base });
        document.body.append(widget);
      };
      if (document.body) put();
      else document.addEventListener("DOMContentLoaded", put);
    })
    .catch((error) => console.error("Tebiki's widget could not be loaded:", error));
})();
