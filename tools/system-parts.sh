#!/bin/sh
# Install what tests need of the system (chromium, a Chinese font, PostgreSQL with PostGIS, ogrinfo) on Debian/Ubuntu as root or with sudo.
# Elsewhere it changes nothing: those tests then skip and say why. GRIDMAP_REQUIRE_ALL=1 makes that a failure.
set -u
missing=""
[ -x /usr/bin/chromium ] || missing="chromium"
[ -d /usr/share/fonts/opentype/noto ] || missing="$missing fonts-noto-cjk"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgresql postgresql-postgis"
[ -x /usr/bin/ogrinfo ] || missing="$missing gdal-bin"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "system parts missing: $missing (no apt-get here: their tests will skip)" >&2
    exit 0
fi
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
    echo "system parts missing: $missing (not root and no sudo: their tests will skip)" >&2
    exit 0
fi
echo "installing system parts: $missing" >&2
# shellcheck disable=SC2086
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
    echo "system parts could not be installed: $missing (their tests will skip)" >&2
fi
exit 0
