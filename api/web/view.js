// One page of a document by itself: what a link from Slack or from a copied citation opens.

import { frame, pageTitle } from "./frame.js";
import { Viewer } from "./viewer.js";

const asked = new URLSearchParams(location.search);
const number = (name, otherwise) => Number.parseInt(asked.get(name), 10) || otherwise;

const viewer = new Viewer(document.querySelector("#viewer"));
frame(pageTitle("viewer"), () => viewer.relabel());
viewer.show({
  document: asked.get("document") ?? "",
  edition: asked.get("edition") ?? "",
  page: number("page", 1),
  start: number("start", 0),
  end: number("end", 0),
  sha256: asked.get("sha256"),
  pass: asked.get("pass"),
});
