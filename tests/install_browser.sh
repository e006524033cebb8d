#!/bin/sh
# Installs Chromium, in which some tests look at pages, from the system's packages if it is missing.
# Where that is not possible those tests are skipped; with CI=true they fail (tests/support/browser.py).
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && exit 0
done

skip() {
  echo "no browser: $1; tests that need one are skipped" >&2
  exit 0
}

command -v apt-get > /dev/null || skip "install chromium with this system's package manager"
if [ "$(id -u)" = 0 ]; then
  as_root=
elif sudo -n true 2> /dev/null; then
  as_root="sudo -n"
else
  skip "installing chromium needs root or passwordless sudo"
fi
# shellcheck disable=SC2086  # nothing, or two words
{
  $as_root apt-get update --quiet &&
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet --yes --no-install-recommends chromium
} >&2 || skip "apt-get could not install chromium"
