# seam: build, test, install. Everything lands in $(BUILD), laid out as it is installed
# (bin/seam, lib/libseam.so, lib/musl/libseam.so, share/seam/rules), so that a build tree runs where it is.
#
#   make            build                  make demo     run the flagship example
#   make check      run all tests          make deps     install what is missing (apt as root)
#   make compat     the long tests against programs and C libraries of others
#   make fuzz       build the fuzz targets with clang, in build-fuzz
#   make SANITIZE=1 host and tools with ASan and UBSan, in build-asan
#   make coverage   which lines of src, shim and tools the tests reach, by gcov, in build-coverage

SANITIZE ?=
COVERAGE ?=
FUZZ ?=
BUILD ?= build$(if $(FUZZ),-fuzz,$(if $(filter clang,$(CC)),-clang))$(if $(SANITIZE),-asan)$(if $(COVERAGE),-coverage)
PREFIX ?= /usr/local
VERSION := 0.1.0

CC ?= gcc
comma := ,
WARN := -Wall -Wextra -Wpedantic -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla
OPT ?= -O2 -g
SAN := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
FUZZER := $(if $(FUZZ),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
COV := $(if $(COVERAGE),--coverage -O0 -Wno-format-truncation)
# gcov's runtime in the guest: it writes at exit, and before an exec (shim/exec.c).
SHIM_COV := $(if $(COVERAGE),--coverage -O0 -DSEAM_COVERAGE)
CFLAGS_ALL = -std=c17 -D_GNU_SOURCE -DSEAM_VERSION='"$(VERSION)"' $(WARN) $(OPT) $(SAN) $(FUZZER) $(COV) -Isrc -MMD -MP $(CFLAGS)
# Ways out that gcov does not know of.
COV_LINK := $(if $(COVERAGE),$(BUILD)/obj/tests/help/covered.o -Wl$(comma)--wrap=_exit$(comma)--wrap=execvpe)
LIBS := -luv -ljansson -lssl -lcrypto -lpg_query -lprotobuf-c -lsqlite3 -lgmp -lexpat -lpcre2-8 -lxxhash -lz -lpthread -lm

# The shim is a guest: nothing of the host, no sanitizer, no LTO, initial-exec TLS only.
SHIM_CFLAGS = -std=c17 -D_GNU_SOURCE -DSEAM_VERSION='"$(VERSION)"' $(WARN) -Wno-pedantic $(OPT) $(SHIM_COV) -fPIC -fvisibility=hidden -U_FORTIFY_SOURCE \
	-ftls-model=initial-exec -fno-lto -fno-stack-protector -Isrc -Ishim -MMD -MP $(CFLAGS)
# Every image maps it: two segments instead of four and no mprotect save 15 us of 60.
SHIM_LDFLAGS := -shared -Wl,-z,defs -Wl,-z,now -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-soname,libseam.so

# The same for musl's programs, where musl-gcc is (package musl-tools). It names no library: libc.so
# means another thing to glibc's loader, into whose shells musl's system() takes it.
MUSL_CC ?= $(shell command -v musl-gcc)
MUSL_CFLAGS = $(SHIM_CFLAGS) -isystem $(BUILD)/musl/include
MUSL_LDFLAGS := -shared -nostdlib -Wl,-z,now -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-soname,libseam.so
MUSL_SHIM := $(if $(COVERAGE),,$(if $(MUSL_CC),$(BUILD)/lib/musl/libseam.so))

# The one list of packages (Debian names). demo: what the flagship example runs; test: what only
# `make check` needs.
PACKAGES_BUILD := gcc make libc6-dev libjansson-dev libuv1-dev libssl-dev libpg-query-dev libexpat1-dev libpcre2-dev libxml2-dev \
	libxxhash-dev zlib1g-dev libffi-dev libsqlite3-dev libgmp-dev libprotobuf-c-dev
PACKAGES_DEMO := curl postgresql-client python3 python3-psycopg2
PACKAGES_TEST := check ?postgresql libsubunit-dev binutils procps iproute2 git jq libpq-dev libcurl4-openssl-dev libhiredis-dev clang \
	wget python3-requests python3-boto3 awscli python3-asyncpg python3-pg8000 ?python3-psycopg nodejs ?node-pg \
	default-jdk-headless libpostgresql-jdbc-java openssl python3-venv gnutls-bin php-cli php-curl ruby libwww-perl \
	liblwp-protocol-https-perl ?r-base-core ?r-cran-curl ?gdb ?valgrind ?strace ?libjemalloc2 ?faketime ?chromium ?libeatmydata1 \
	?musl-tools ?musl-dev \
	python3-pytest python3-pytest-xdist bats cmake ?golang-go ?json-schema-test-suite
PACKAGES_COMPAT := ?debootstrap ?libpython3-testsuite ?postgresql
PACKAGES_FUZZ := clang libclang-rt-dev

SRC := $(sort $(shell find src -name '*.c'))
TOOL_SRC := $(sort $(wildcard tools/*.c))
SHIM_SRC := $(sort $(wildcard shim/*.c))
TEST_SRC := $(sort $(shell find tests -name 'test_*.c' -not -path 'tests/hazards/*' -not -path 'tests/cases/*' -not -path 'tests/clients/*'))
TEST_HELP_SRC := $(sort $(wildcard tests/help/*.c))

OBJ := $(SRC:%.c=$(BUILD)/obj/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(BUILD)/obj/%.o)
SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/obj/%.o)
MUSL_OBJ := $(SHIM_SRC:%.c=$(BUILD)/musl/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/tests/help/runner.o
TEST_HELP_OBJ := $(filter-out %/runner.o %/covered.o,$(TEST_HELP_SRC:%.c=$(BUILD)/obj/%.o))
# Programs and libraries that run under the shim in its tests: built plainly, a sanitizer's runtime wants to come first.
TEST_PROGS := $(patsubst tests/shim/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/shim/prog_*.c)))
TEST_LIBS := $(patsubst tests/shim/%.c,$(BUILD)/tests/%.so,$(sort $(wildcard tests/shim/lib_*.c)))
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/replay_%)
SUITES := $(patsubst test_%.c,%,$(notdir $(TEST_SRC)))

.PHONY: all check compat demo deps install clean unit layers
.DELETE_ON_ERROR:
all: $(BUILD)/bin/seam $(BUILD)/lib/libseam.so $(MUSL_SHIM) $(BUILD)/share/seam/rules

# At a fixed address: its tables hold 26,000 pointers, which the loader would otherwise write at each start (2 ms, 0.6 MB).
$(BUILD)/bin/seam: $(TOOL_OBJ) $(BUILD)/libhost.a $(filter %.o,$(COV_LINK))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -no-pie -o $@ $(TOOL_OBJ) $(COV_LINK) $(BUILD)/libhost.a $(LDFLAGS) $(LIBS)

$(BUILD)/libhost.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $(OBJ)

$(BUILD)/lib/libseam.so: $(SHIM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) $(SHIM_LDFLAGS) -o $@ $(SHIM_OBJ) -ldl $(if $(COVERAGE),-lgcov)

$(BUILD)/lib/musl/libseam.so: $(MUSL_OBJ)
	@mkdir -p $(@D)
	$(MUSL_CC) $(MUSL_CFLAGS) $(MUSL_LDFLAGS) -o $@ $(MUSL_OBJ) -lgcc

# of the machine's own headers musl's programs may have those of libffi alone
$(BUILD)/musl/include/ffi.h:
	@mkdir -p $(@D)
	cp $$(echo '#include <ffi.h>' | $(CC) -E - | sed -n 's/^# [0-9]* "\(.*\/ffi[a-z]*\.h\)".*/\1/p' | sort -u) $(@D)/

$(BUILD)/musl/shim/%.o: shim/%.c | $(BUILD)/musl/include/ffi.h
	@mkdir -p $(@D)
	$(MUSL_CC) $(MUSL_CFLAGS) -c -o $@ $<

$(BUILD)/share/seam/rules: $(wildcard rules/*.json)
	@mkdir -p $@ && cp -f $(wildcard rules/*.json) $@/ && touch $@

$(BUILD)/obj/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -c -o $@ $<

$(BUILD)/obj/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -include src/base/banned.h -c -o $@ $<

$(BUILD)/obj/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -include src/base/banned.h -c -o $@ $<

$(BUILD)/obj/tools/report_page.o: tools/report_page.html

# headers alone: the library is opened when a rule asks for it
$(BUILD)/obj/src/rule/xpath.o: CFLAGS_ALL += -isystem /usr/include/libxml2

$(BUILD)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests/help -I$(BUILD) -c -o $@ $<

# What suites share, in an archive: a suite links only the helpers it uses.
$(BUILD)/libtest.a: $(TEST_HELP_OBJ)
	@rm -f $@
	$(AR) rcs $@ $(TEST_HELP_OBJ)

# One suite a test file: test_buf.c defines suite_buf(). The list is made from the file names.
$(BUILD)/suites.def: $(TEST_SRC) Makefile
	@mkdir -p $(@D)
	@for s in $(SUITES); do echo "SUITE($$s)"; done > $@
$(BUILD)/obj/tests/help/runner.o: $(BUILD)/suites.def

$(BUILD)/bin/unit: $(TEST_OBJ) $(BUILD)/libtest.a $(BUILD)/libhost.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -o $@ $(TEST_OBJ) $(BUILD)/libtest.a $(BUILD)/libhost.a $(LDFLAGS) -lcheck -lsubunit -lrt $(LIBS)

# A program may name its libraries in a line "// libs: -lfoo".
$(BUILD)/tests/prog_%: tests/shim/prog_%.c $(TEST_LIBS)
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) -o $@ $< $(LDFLAGS) -L$(@D) -Wl,-rpath,'$$ORIGIN' \
		$$(sed -n 's|^// libs: ||p' $<) -lpthread

$(BUILD)/tests/lib_%.so: tests/shim/lib_%.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) -fPIC -shared -Wl,-soname,lib_$*.so -o $@ $< $(LDFLAGS)

# A fuzz target with a fuzzer, and with a driver that only replays.
$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/libhost.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer -o $@ $< $(BUILD)/libhost.a $(LDFLAGS) $(LIBS)

$(BUILD)/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/libhost.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -o $@ $(filter %.o,$^) $(BUILD)/libhost.a $(LDFLAGS) $(LIBS)

unit: $(BUILD)/bin/unit $(BUILD)/bin/seam $(BUILD)/lib/libseam.so $(TEST_PROGS) $(TEST_LIBS)
	$(BUILD)/bin/unit

# ---- the two commands ----

JOBS = $(if $(findstring j,$(filter-out --%,$(MAKEFLAGS))),,-j$(shell nproc))

demo: deps-demo
	@$(MAKE) -s $(JOBS) all
	@examples/etl/demo.sh $(BUILD)

check: deps
	@$(MAKE) -s $(JOBS) all $(BUILD)/bin/unit $(TEST_PROGS) $(TEST_LIBS) $(REPLAYS)
	@tests/check.sh $(BUILD)

# Takes minutes, and asks the package source for what no package here holds.
compat: deps
	@$(MAKE) -s $(JOBS) all
	@./deps.sh $(PACKAGES_COMPAT)
	@tests/compat/fetch.sh $(BUILD)
	@SEAM_BUILD=$(BUILD) tests/compat/run.sh --long

# Lines of src, shim and tools that the tests reach; below the floor it fails. The instrumented shim is no
# guest that one would invite: its runtime opens files at exit, so tests that count descriptors may fail there.
COVERAGE_FLOOR ?= 90
coverage: deps
	@$(MAKE) -s $(JOBS) COVERAGE=1 coverage-run
coverage-run: all $(BUILD)/bin/unit $(TEST_PROGS) $(TEST_LIBS) $(REPLAYS)
	@find $(BUILD) -name '*.gcda' -delete
	@GCOV_ERROR_FILE=/dev/null tests/check.sh $(BUILD) $(COVERAGE_PARTS) > $(BUILD)/coverage.log 2>&1 || tail -3 $(BUILD)/coverage.log
	@tests/coverage.py $(BUILD) $(COVERAGE_FLOOR)
COVERAGE_PARTS ?= unit fuzz life hazards cases seam-test determinism bad-input etl sweep session-examples clients companion docs \
	pg-conformance pg-isolation

# The writer's bench: events a second into a file.
bench-writer: $(BUILD)/libhost.a
	@$(CC) $(CFLAGS_ALL) -o $(BUILD)/writer tests/bench/writer.c $(BUILD)/libhost.a $(LDFLAGS) $(LIBS)
	@$(BUILD)/writer $(BUILD)/writer.trace 1000000; rm -f $(BUILD)/writer.trace

# The fuzz targets in build-fuzz; tests/fuzz/run.sh SECONDS lets them search.
fuzz: deps-fuzz
	@$(MAKE) -s $(JOBS) FUZZ=1 CC=clang fuzz-targets
fuzz-targets: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz_%)

# ---- set-up ----

.PHONY: coverage coverage-run bench-writer deps deps-demo deps-build deps-fuzz uninstall fuzz fuzz-targets
deps:
	@./deps.sh $(PACKAGES_BUILD) $(PACKAGES_DEMO) $(PACKAGES_TEST)
deps-demo:
	@./deps.sh $(PACKAGES_BUILD) $(PACKAGES_DEMO)
deps-build:
	@./deps.sh $(PACKAGES_BUILD)
deps-fuzz:
	@./deps.sh $(PACKAGES_BUILD) $(PACKAGES_FUZZ)

# LD_PRELOAD separates by spaces and colons and knows no quoting.
install: all
	@case '$(PREFIX)' in *[[:space:]:]*) \
		echo "install: PREFIX '$(PREFIX)' has a space or a colon, which LD_PRELOAD cannot carry; choose another" >&2; exit 1 ;; esac
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib' '$(DESTDIR)$(PREFIX)/share/seam/rules'
	install -m 755 $(BUILD)/bin/seam '$(DESTDIR)$(PREFIX)/bin/seam'
	install -m 644 $(BUILD)/lib/libseam.so '$(DESTDIR)$(PREFIX)/lib/libseam.so'
	$(if $(MUSL_SHIM),install -D -m 644 $(MUSL_SHIM) '$(DESTDIR)$(PREFIX)/lib/musl/libseam.so')
	install -m 644 $(wildcard rules/*.json) '$(DESTDIR)$(PREFIX)/share/seam/rules/'

uninstall:
	rm -rf '$(DESTDIR)$(PREFIX)/bin/seam' '$(DESTDIR)$(PREFIX)/lib/libseam.so' '$(DESTDIR)$(PREFIX)/lib/musl/libseam.so' \
		'$(DESTDIR)$(PREFIX)/share/seam'

clean:
	rm -rf build build-asan build-coverage build-clang build-clang-asan build-fuzz

-include $(OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(SHIM_OBJ:.o=.d) $(MUSL_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(TEST_HELP_OBJ:.o=.d) $(wildcard $(BUILD)/obj/tests/fuzz/*.d)
