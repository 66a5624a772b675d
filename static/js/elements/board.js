/** What the first page and the administrator's share. One module, so that the build makes one file of it and not one of each part. */
import "../pages/page.js";
export { Feed } from "../core/feed.js";
export { feedView, moment, reasonWord, sign, thing } from "./feed.js";
export { TileBoard } from "./tile-board.js";
