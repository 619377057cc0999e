# The front door of the build.  packages.txt names the Debian packages; make installs what is missing.
BUILD  ?= build
DATA   ?= data/demo
LISTEN ?= 127.0.0.1:8090
SECONDS_EACH ?= 30
APT     = DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends

.PHONY: all run test unit asan tsan fuzz bench web pictures format lint clean deps-build deps-test deps-bench deps-fuzz

all: deps-build web
	@tools/build.sh $(BUILD)

run: all
	@mkdir -p $(DATA)
	$(BUILD)/qudao serve --data $(DATA) --demo --listen $(LISTEN)

test: deps-build deps-test web
	@tools/build.sh $(BUILD)
	@tools/test.sh $(BUILD)

asan: deps-build deps-test
	@tools/build.sh build-asan -Db_sanitize=address,undefined -Db_lundef=false
	@tools/test.sh build-asan 4

tsan: deps-build deps-test
	@tools/build.sh build-tsan -Db_sanitize=thread -Db_lundef=false
	@tools/test.sh build-tsan 10

fuzz: deps-build deps-fuzz
	@CC=clang tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
	@tools/fuzz.sh build-fuzz $(SECONDS_EACH)

bench: deps-build deps-bench
	@tools/build.sh build-release --buildtype=release
	@bench/run.sh build-release

web:
	@tools/web.sh

pictures: deps-test all
	@cd web && QUDAO_BIN=$(abspath $(BUILD))/qudao node tools/pictures.mjs

format:
	@tools/format.sh

lint: deps-lint
	@tools/lint.sh

clean:
	rm -rf build build-asan build-tsan build-fuzz build-release web/dist

deps-%:
	@tools/packages.sh $*
