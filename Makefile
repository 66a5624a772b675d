# The menu. `make` alone prints it.

.DEFAULT_GOAL := menu
.PHONY: menu run test cluster bench chaos check build screenshots clean front install-run install-test install-cluster

# The benchmark and the many-socket tests open thousands of descriptors; a shell's soft limit is often 1024.
FILES := ulimit -n "$$(ulimit -Hn)" 2>/dev/null || true

# Its small disks go with the process, however it ends. Only root may, and only root has such disks.
APART := $$([ "$$(id -u)" -ne 0 ] || echo "unshare --mount --")

menu: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install-run front ## build all and serve http://127.0.0.1:8080 with SQLite; says how to sign in
	cargo build --release --locked -p lockstep-server
	@[ -e data/lockstep.db ] || [ -e config.ini ] || target/release/lockstep user add admin --admin
	@exec target/release/lockstep serve

test: install-test front ## every suite: types, pages, crates, real processes, browsers
	npm run check
	npm run build --prefix clients/react
	npm test
	cargo build --locked --workspace --bin lockstep --bin chaos
	@$(FILES); set -x; export LOCKSTEP_BINARY=$(CURDIR)/target/debug/lockstep; cargo test --locked --workspace && \
	LOCKSTEP__SYNC__FAST_LANE=false cargo test --locked -p lockstep-e2e --test road -- --skip browsers && \
	$(APART) target/debug/chaos --short

cluster: install-cluster front ## Redis, three workers, nginx on http://127.0.0.1:8088, sample data; Ctrl+C ends all
	cargo build --release --locked -p lockstep-server
	@exec scripts/cluster.sh target/release/lockstep

bench: install-test front ## speed and memory against Node, socketioxide and the floor, into docs/performance.md
	cargo build --release --locked -p lockstep-server -p lockstep-e2e --bins
	@$(FILES); exec target/release/bench --record docs/performance.md $(BENCH)

chaos: install-test front ## every fault we know, and what pages lose by each, into docs/reliability.md: half an hour
	cargo build --locked -p lockstep-server -p lockstep-e2e --bin lockstep --bin chaos
	@$(FILES); LOCKSTEP_BINARY=$(CURDIR)/target/debug/lockstep exec $(APART) target/debug/chaos --record docs/reliability.md $(CHAOS)

check: install-run ## formatting, lints, types: quick, changes nothing
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	npm run check

build: install-run front ## the release binary, pages inside: target/release/lockstep
	cargo build --release --locked -p lockstep-server

screenshots: install-test front ## every view, both languages, themes and widths, into target/screenshots, to be looked at
	cargo build --locked -p lockstep-server
	LOCKSTEP_BINARY=$(CURDIR)/target/debug/lockstep node crates/e2e/browser/screenshots.mjs $(VIEWS)

clean: ## remove all that was built or installed here
	rm -rf target node_modules static/dist static/dist.new crates/e2e/peers/node/node_modules clients/react/node_modules clients/react/dist

front:
	npm run build

install-run install-test install-cluster: install-%:
	@scripts/install.sh $*
