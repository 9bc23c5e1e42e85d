# SPDX-License-Identifier: BSD-2-Clause
#
# One makefile for the whole tree. A new .c file below ctrl/ joins the library,
# a new tests/unit/test_*.c becomes a test program; nothing is listed by hand.
#
#   make                  the daemon and the client
#   sudo make demo        two gateways in namespaces that speak IKEv2, with
#                         proof of protection; KEEP=1 leaves them standing
#   sudo make demo-manual the same with keys by hand
#   sudo make check       install what is missing, build, lint, every test
#   make check-unit       unit tests alone; no root (SAN=asan for sanitizers)
#   make clang            what clang warns of; it builds nothing
#   make fuzz | bench | lint | format | clean
#   make install | uninstall
#                         below PREFIX; with DESTDIR into a folder that stands
#                         for the root

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

CC      := gcc
CLANG   := clang
BPFTOOL := $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
SAN     :=

# --- where things are built: one folder for each compiler and sanitizer. A file
# is written under another name, which no other make has, and renamed when it is
# whole: several makes may work in one folder.
NEW := .$(shell mktemp -u XXXXXXXX)
BUILD := build$(if $(filter-out gcc,$(CC)),-$(notdir $(CC)))$(if $(SAN),-$(SAN))
# Its files name each other as they were asked for: one folder has one name.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))

LIBS := libbpf libxdp libcrypto libevent libmnl jansson libseccomp libcap-ng \
	liburcu-qsbr
# It has nothing for pkg-config.
IPSEC_MB_H := /usr/include/intel-ipsec-mb.h
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Werror
VERSION := 0.1.0

# Sanitizers have a say in each line: what they leave to optimize takes long. What
# gcc guesses with -O1 is left out, for it warns without them, too.
CFLAGS := $(if $(SAN),-O1 -g1,-O2 -g)
SANFLAGS_asan := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
SANFLAGS_tsan := -fsanitize=thread
SANFLAGS := $(SANFLAGS_$(SAN))
$(if $(SAN),$(if $(SANFLAGS),,$(error SAN=$(SAN) is unknown; known are asan, tsan)))
ALL_CFLAGS := -std=gnu11 $(CFLAGS) $(if $(SAN),-w,$(WARN)) $(SANFLAGS) -fstack-protector-strong \
	-I. -D_GNU_SOURCE -DCYG_VERSION='"$(VERSION)"' -pthread
# Generated skeletons are not held to our warnings; -MD keeps them as
# prerequisites all the same.
ALL_CFLAGS += -isystem $(BUILD)/skel -MD -MP
# Only where the goal compiles something: cleaning needs no library, and what
# begins with install-deps is another make's.
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out clean uninstall install-deps check check-full demo demo-manual lint format,$(GOALS)),)
MISSING := $(sort $(if $(BPFTOOL),,bpftool) $(shell \
	for tool in gcc $(firstword $(CC)) $(firstword $(CLANG)) pkg-config; do \
		command -v $$tool >/dev/null || echo $$tool; \
	done; \
	for lib in $(LIBS) $(if $(filter tests check-unit bench fuzz-bins,$(GOALS)),cmocka); do \
		! command -v pkg-config >/dev/null || \
			pkg-config --exists $$lib || echo $$lib; \
	done) $(if $(wildcard $(IPSEC_MB_H)),,libipsec-mb))
$(if $(MISSING),$(error missing $(MISSING); run: sudo make install-deps))
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lIPSec_MB -lm
endif
ALL_CFLAGS += $(PKG_CFLAGS)
# Names are looked up at start: a lazy look-up would leave key octets on the stack.
LDFLAGS := $(SANFLAGS) -pthread -Wl,-z,now

# --- where things are installed
DESTDIR :=
PREFIX := /usr/local
SBINDIR := $(PREFIX)/sbin
BINDIR := $(PREFIX)/bin
DOCDIR := $(PREFIX)/share/doc/cygnet
UNITDIR := $(PREFIX)/lib/systemd/system
SYSUSERSDIR := $(PREFIX)/lib/sysusers.d
TMPFILESDIR := $(PREFIX)/lib/tmpfiles.d
MANDIR := $(PREFIX)/share/man
BASHDIR := $(PREFIX)/share/bash-completion/completions
ZSHDIR := $(PREFIX)/share/zsh/site-functions
FISHDIR := $(PREFIX)/share/fish/vendor_completions.d
SYSCONFDIR := /etc

# --- sources, found by folder
LIB_SRC    := $(sort $(wildcard ctrl/base/*.c ctrl/wire/*.c ctrl/crypto/*.c \
		ctrl/model/*.c ctrl/pki/*.c ctrl/sadb/*.c ctrl/dp/*.c ctrl/ike/*.c \
		ctrl/conf/*.c ctrl/control/*.c))
DAEMON_SRC := $(sort $(wildcard ctrl/daemon/*.c))
CLI_SRC    := $(sort $(wildcard ctrl/cli/*.c))
RELAY_SRC  := $(wildcard tests/support/relay.c)
CMP_SRC    := $(wildcard tests/support/cmp_server.c)
FAST_SRC   := $(wildcard tests/support/fast_clock.c)
FAKE_SRC   := $(sort $(wildcard tests/support/fake_ike*.c))
SUPPORT_SRC := $(sort $(filter-out $(RELAY_SRC) $(CMP_SRC) $(FAST_SRC) $(FAKE_SRC),\
		$(wildcard tests/support/*.c)))
UNIT_SRC   := $(sort $(wildcard tests/unit/test_*.c tests/ike/*.c))
BPFT_SRC   := $(sort $(wildcard tests/bpf/test_*.c))
BENCH_SRC  := $(sort $(wildcard tests/bench/*.c))
TOOL_SRC   := $(sort $(wildcard tools/*.c))
FUZZ_SRC   := $(sort $(wildcard tests/fuzz/fuzz_*.c))

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
bin = $(patsubst %.c,$(BUILD)/%,$(1))

LIB := $(BUILD)/libcygnet.a
# All of the two programs but their main(), for tests.
PROGRAMS := $(BUILD)/programs.a
# What tests share; of it each takes what it needs.
SUPPORT := $(BUILD)/support.a
BPF_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard bpf/*.bpf.c)))
SKEL := $(BPF_OBJ:$(BUILD)/bpf/%.bpf.o=$(BUILD)/skel/%.skel.h)
BINS := $(BUILD)/cygnetd $(BUILD)/cygnet

.PHONY: all
all: $(BINS)

$(BUILD)/cygnetd: $(call obj,$(DAEMON_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -o $@$(NEW) $^ $(LDLIBS)
	@mv $@$(NEW) $@

$(BUILD)/cygnet: $(call obj,$(CLI_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -o $@$(NEW) $^ $(LDLIBS)
	@mv $@$(NEW) $@

$(LIB): $(call obj,$(LIB_SRC))
$(PROGRAMS): $(call obj,$(filter-out %/main.c,$(DAEMON_SRC) $(CLI_SRC)))
$(SUPPORT): $(call obj,$(SUPPORT_SRC))
$(LIB) $(PROGRAMS) $(SUPPORT):
	@mkdir -p $(@D)
	ar rcs $@$(NEW) $^
	@mv $@$(NEW) $@

$(BUILD)/%.o: %.c | $(SKEL)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MT $@ -MF $(@:.o=.d)$(NEW) -c -o $@$(NEW) $<
	@mv $(@:.o=.d)$(NEW) $(@:.o=.d) && mv $@$(NEW) $@

# --- what the command says of itself, in other forms
SHELLS := bash zsh fish
SHOWN := $(BUILD)/shown/cygnet.8 $(SHELLS:%=$(BUILD)/shown/%)

$(BUILD)/shown/cygnet.8: tools/man-page $(BUILD)/cygnet
	@mkdir -p $(@D)
	tools/man-page $(BUILD)/cygnet >$@$(NEW)
	@mv $@$(NEW) $@

$(SHELLS:%=$(BUILD)/shown/%): $(BUILD)/shown/%: $(BUILD)/cygnet
	@mkdir -p $(@D)
	$(BUILD)/cygnet completion $* >$@$(NEW)
	@mv $@$(NEW) $@

# --- BPF: a skeleton for each object
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror -I. \
	-I/usr/include/$(shell gcc -dumpmachine) -MD -MP

$(BPF_OBJ): $(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MT $@ -MF $(@:.o=.d)$(NEW) -c -o $@$(NEW) $<
	@mv $(@:.o=.d)$(NEW) $(@:.o=.d) && mv $@$(NEW) $@

$(SKEL): $(BUILD)/skel/%.skel.h: $(BUILD)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@$(NEW)
	@mv $@$(NEW) $@

# --- what the other compiler warns of
C_SRC := $(LIB_SRC) $(DAEMON_SRC) $(CLI_SRC) $(RELAY_SRC) $(CMP_SRC) $(FAST_SRC) \
	$(FAKE_SRC) $(SUPPORT_SRC) $(UNIT_SRC) $(BPFT_SRC) $(BENCH_SRC) \
	$(TOOL_SRC) $(FUZZ_SRC)

.PHONY: clang
clang: $(SKEL)
	@printf '%s\n' $(C_SRC) | xargs -P $(shell nproc) -n 10 \
		$(CLANG) $(filter-out -MD -MP,$(ALL_CFLAGS)) -fsyntax-only

# --- tests
TEST_LDLIBS := -lcmocka $(LDLIBS)
TEST_BINS := $(call bin,$(UNIT_SRC))
BPFT_BINS := $(call bin,$(BPFT_SRC))
BENCH_BINS := $(call bin,$(BENCH_SRC))
TOOL_BINS := $(call bin,$(TOOL_SRC))
RELAY := $(call bin,$(RELAY_SRC))
CMP := $(call bin,$(CMP_SRC))
# The daemon with a clock that runs faster than the world's.
FAST := $(if $(FAST_SRC),$(BUILD)/tests/support/cygnetd_fast)
# In ike's place, for what a taken-over one would try.
FAKE_IKE := $(if $(FAKE_SRC),$(BUILD)/tests/support/fake_ike)

$(TEST_BINS) $(BPFT_BINS) $(BENCH_BINS) $(TOOL_BINS) $(RELAY) $(CMP): $(BUILD)/%: \
		$(BUILD)/%.o $(SUPPORT) $(PROGRAMS) $(LIB)
	$(CC) $(LDFLAGS) -o $@$(NEW) $^ $(TEST_LDLIBS)
	@mv $@$(NEW) $@

$(FAST): $(call obj,$(DAEMON_SRC) $(FAST_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -o $@$(NEW) $^ $(LDLIBS)
	@mv $@$(NEW) $@

$(FAKE_IKE): $(call obj,$(FAKE_SRC)) $(PROGRAMS) $(LIB)
	$(CC) $(LDFLAGS) -o $@$(NEW) $^ $(LDLIBS)
	@mv $@$(NEW) $@

.PHONY: tests check check-unit check-full demo demo-manual lint format bench fuzz install-deps clean
tests: $(BINS) $(TEST_BINS) $(BPFT_BINS) $(BENCH_BINS) $(TOOL_BINS) $(RELAY) $(CMP) $(FAST) $(FAKE_IKE)

check-unit: $(TEST_BINS)
	tests/run unit $(BUILD)

check: install-deps
	tests/run all build

check-full: install-deps
	FULL=1 tests/run all build

# Does it, and gives what root built to the user who called sudo.
give_back = $(1); status=$$?; tools/give-back $(BUILD); exit $$status

demo demo-manual: install-deps
	$(call give_back,$(MAKE) -j2 all)
	tools/demo $(BUILD) $(if $(filter demo-manual,$@),manual)

lint:
	tools/lint

format:
	git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

bench: all $(BENCH_BINS) $(TOOL_BINS)
	$(call give_back,tools/bench $(BUILD))

install-deps:
	tools/install-deps

# Each fuzzer is one clang program with its own instrumented library.
FUZZ_BUILD := build-fuzz
FUZZ_CFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz: fuzz-build
	tests/fuzz/run $(FUZZ_BUILD)

.PHONY: fuzz-build fuzz-bins
fuzz-build:
	$(MAKE) -j2 CC=clang BUILD=$(FUZZ_BUILD) SANFLAGS='$(FUZZ_CFLAGS)' fuzz-bins

fuzz-bins: $(call bin,$(FUZZ_SRC))
$(call bin,$(FUZZ_SRC)): $(BUILD)/%: $(BUILD)/%.o $(SUPPORT) $(PROGRAMS) $(LIB)
	$(CC) $(SANFLAGS) -fsanitize=fuzzer -pthread -o $@$(NEW) $^ $(TEST_LDLIBS)
	@mv $@$(NEW) $@

# The configuration is the machine's own as soon as it is there. What a unit
# file says of paths is said in it.
UNITS := $(notdir $(wildcard $(addprefix tools/systemd/*.,service socket timer)))
CONF := $(DESTDIR)$(SYSCONFDIR)/cygnet/cygnet.conf

.PHONY: install uninstall
install: all $(SHOWN)
	install -D -m 755 -t $(DESTDIR)$(SBINDIR) $(BUILD)/cygnetd
	install -D -m 755 -t $(DESTDIR)$(BINDIR) $(BUILD)/cygnet
	install -D -m 644 -t $(DESTDIR)$(DOCDIR) README.md LICENSE
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 $(BUILD)/shown/cygnet.8
	install -D -m 644 $(BUILD)/shown/bash $(DESTDIR)$(BASHDIR)/cygnet
	install -D -m 644 $(BUILD)/shown/zsh $(DESTDIR)$(ZSHDIR)/_cygnet
	install -D -m 644 $(BUILD)/shown/fish $(DESTDIR)$(FISHDIR)/cygnet.fish
	install -D -m 644 tools/systemd/sysusers.conf \
		$(DESTDIR)$(SYSUSERSDIR)/cygnet.conf
	install -D -m 644 tools/systemd/tmpfiles.conf \
		$(DESTDIR)$(TMPFILESDIR)/cygnet.conf
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) \
		$(addprefix tools/systemd/,$(UNITS))
	sed -i -e 's|@SBINDIR@|$(SBINDIR)|' -e 's|@DOCDIR@|$(DOCDIR)|' \
		-e 's|@SYSCONFDIR@|$(SYSCONFDIR)|' -e 's|@BINDIR@|$(BINDIR)|' \
		$(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	test -e $(CONF) || install -D -m 600 tools/systemd/cygnet.conf $(CONF)
	tools/give-back $(BUILD)

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/cygnetd $(DESTDIR)$(BINDIR)/cygnet \
		$(DESTDIR)$(SYSUSERSDIR)/cygnet.conf \
		$(DESTDIR)$(TMPFILESDIR)/cygnet.conf \
		$(DESTDIR)$(MANDIR)/man8/cygnet.8 $(DESTDIR)$(BASHDIR)/cygnet \
		$(DESTDIR)$(ZSHDIR)/_cygnet $(DESTDIR)$(FISHDIR)/cygnet.fish \
		$(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	rm -rf $(DESTDIR)$(DOCDIR)

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
