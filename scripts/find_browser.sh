#!/bin/sh
# Print the path of a Chromium for the browser tests; fail if there is none and none can be had.
# CONVSCOPE_BROWSER=/path names one; as root on Debian its package is installed.
find_one() {
  for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$name" && return
  done
  mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  [ -x "$mac" ] && echo "$mac"
}

[ -n "$CONVSCOPE_BROWSER" ] && { echo "$CONVSCOPE_BROWSER"; exit; }
find_one && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends chromium; } >/dev/null 2>&1
  find_one && exit
fi
exit 1
