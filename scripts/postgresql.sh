# Sourced by the scripts that need a PostgreSQL of their own: a private instance in a folder, reached by a Unix socket in it.

# start_postgresql FOLDER [SETTING…]: makes the folder and an instance in it, if there is none, and starts it. $postgresql_url is its
# database. A SETTING is one of PostgreSQL's: shared_buffers=64MB
start_postgresql() {
    local folder=$1 setting options="-c listen_addresses= -k $1"
    shift
    need_packages postgresql
    postgresql_programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
    [[ -x $postgresql_programs/initdb ]] || fail "there is no initdb: install PostgreSQL 15 or later"
    for setting in "$@"; do options+=" -c $setting"; done
    if [[ ! -e $folder/data/PG_VERSION ]]; then
        mkdir -p "$folder"
        chmod 755 "$folder"
        if [[ $(id -u) -eq 0 ]]; then chown postgres "$folder"; fi
        as_postgres "$postgresql_programs/initdb" -D "$folder/data" -U ringback --auth=trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" ||
            fail "initdb failed: see $folder/initdb.log"
    fi
    as_postgres "$postgresql_programs/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -w -o "$options" start >/dev/null ||
        fail "PostgreSQL did not start: see $folder/data/server.log"
    postgresql_url="postgresql:///postgres?host=$folder&user=ringback"
}

# stop_postgresql FOLDER [MODE]: MODE is pg_ctl's; immediate is a kill.
stop_postgresql() {
    as_postgres "$postgresql_programs/pg_ctl" -D "$1/data" -m "${2:-fast}" -w stop >/dev/null
}

# PostgreSQL refuses to run as root. Its user may not see the working directory.
as_postgres() {
    if [[ $(id -u) -eq 0 ]]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@")
    else
        "$@"
    fi
}
