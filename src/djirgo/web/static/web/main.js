// What makes the pages quicker to use. Each of these has one subject, and every page works without them.

import "./timezone.js";
import "./theme.js";
import "./menus.js";
import "./messages.js";
import "./clocks.js";
import "./board.js";
import "./drag.js";
import "./live.js";
import "./panel.js";
import "./open_task.js";
import "./open_page.js";
import "./palette.js";
import "./keys.js";
