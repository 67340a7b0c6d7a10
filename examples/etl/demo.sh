#!/bin/bash
# The main job, end to end: an unmodified pipeline runs against fakes, leaves a trace, and the
# trace is compared with the golden one. Exits 0 when everything went as it should.
#
# usage: demo.sh [BUILD]     BUILD: where seam was built, from the project's root; without it the
#                            installed seam is used
set -u
cd "$(dirname "$0")" || exit 2
if [ $# -gt 0 ]; then
	build=$(cd ../.. && cd "$1" && pwd) || exit 2
	PATH=$build/bin:$PATH
fi
# what is compared is what went over the wire: which calls of libcurl the curl command makes
# differs from version to version
export SEAM_LAYERS=socket
# the Python that Debian's python3-psycopg2 belongs to, whatever else is installed
PATH=/usr/bin:/bin:$PATH
PATH=$(dirname "$(command -v seam)"):$PATH
lib=$(cd "$(dirname "$(command -v seam)")/../lib" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case=cases/drops-bad-rows

title() { printf '\n\033[1m%s\033[0m\n' "$1"; }
show() { printf '$ %s\n' "$*"; }
stop() { echo "demo: $1"; exit 1; }

case $lib in *[[:space:]:]*) stop "$lib has a space or a colon in its path, which LD_PRELOAD cannot carry; move this folder" ;; esac

title "1. A pipeline that knows nothing of seam: psql, Python with psycopg2, curl to S3 and Slack"
grep -v '^#' pipeline.sh | sed -n '/^psql/,$p'

title "2. It runs under the bare preload: nothing else installed, configured or changed"
show "LD_PRELOAD=libseam.so SEAM_RULES=$case/rules.json SEAM_TRACE=bare.trace ./pipeline.sh"
LD_PRELOAD=$lib/libseam.so SEAM_RULES=$case/rules.json SEAM_TRACE=$work/bare.trace ./pipeline.sh || stop "the pipeline failed under the bare preload"
for _ in 1 2 3 4 5 6 7 8 9 10; do tail -1 "$work/bare.trace" | grep -q '"k":"seam.end"' && break; sleep 0.1; done
echo "bare.trace: $(wc -l <"$work/bare.trace") lines"

title "3. The same under seam run"
show "seam run -r $case/rules.json -t run.trace -- ./pipeline.sh"
seam run -r $case/rules.json -t "$work/run.trace" -- ./pipeline.sh || stop "the pipeline failed under seam run"

title "4. What it asked of the outside world"
show "seam show run.trace -k sql -k s3 -k http"
seam show "$work/run.trace" -k sql -k s3 -k http || stop "the trace cannot be shown"

title "5. Is that what it should ask? The golden trace is committed next to the test"
for trace in bare run; do
	show "seam diff $case/golden.trace $trace.trace"
	seam diff $case/golden.trace "$work/$trace.trace" || stop "the runs should be the same"
done

title "6. Somebody changes the transform: dates the other way round"
cp -r . "$work/etl"
sed -i 's/\.isoformat()/.strftime("%d.%m.%Y %H:%M")/' "$work/etl/transform.py"
show "diff transform.py"
diff transform.py "$work/etl/transform.py"
show "seam run -q -r $case/rules.json -t broken.trace -- ./pipeline.sh"
(cd "$work/etl" && seam run -q -r $case/rules.json -t "$work/broken.trace" -- ./pipeline.sh) || stop "the broken pipeline should still exit 0: that is the point"
echo "exit 0: the pipeline itself noticed nothing"
show "seam diff $case/golden.trace broken.trace"
seam diff $case/golden.trace "$work/broken.trace"
[ $? = 1 ] || stop "the diff should have failed with 1"

title "The change was found, in the object that reached the lake."
