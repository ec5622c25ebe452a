# Sourced by the scripts that need a proxy: the configurations in deploy/, for servers on this machine.

# nginx_configuration FOLDER ADDRESS CERTIFICATE SERVER…: writes FOLDER/nginx.conf from deploy/nginx.conf, for nginx to listen on ADDRESS
# (127.0.0.1:8443). The folder must be readable for nginx's user. Without TLS if CERTIFICATE is empty; otherwise CERTIFICATE.pem and CERTIFICATE.key are used.
nginx_configuration() {
    local folder=$1 address=$2 certificate=$3 name server servers=
    shift 3
    for server in "$@"; do servers+="    server $server max_fails=1 fail_timeout=5s;\\n"; done
    local edits=(
        -e '/^    server 10\.0\.0\./d' -e "s|^    keepalive 64;|$servers&|"
        -e '/^server {$/{N;/listen 80;/{N;N;N;d}}'
        -e "s/listen 443/listen $address/" -e 's/server_name .*/server_name localhost;/'
    )
    if [[ -n $certificate ]]; then
        edits+=(-e "s|ssl_certificate /.*|ssl_certificate $certificate.pem;|" -e "s|ssl_certificate_key .*|ssl_certificate_key $certificate.key;|")
    else
        edits+=(-e 's/ ssl http2;/;/' -e '/ ssl_/d' -e '/Strict-Transport-Security/d')
    fi
    mkdir -p "$folder"
    {
        echo "daemon off; pid $folder/nginx.pid; error_log stderr warn; worker_processes 1;"
        echo "events { worker_connections 4096; }"
        echo "http { access_log off;"
        for name in client_body proxy fastcgi uwsgi scgi; do echo "${name}_temp_path $folder/$name;"; done
        sed "${edits[@]}" "$root/deploy/nginx.conf"
        echo "}"
    } >"$folder/nginx.conf"
}

# make_certificate NAME: NAME.pem and NAME.key, for this machine, valid for 90 days, unless they exist and are valid for another day.
make_certificate() {
    openssl x509 -checkend 86400 -noout -in "$1.pem" >/dev/null 2>&1 && return
    mkdir -p "$(dirname "$1")"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -keyout "$1.key" -out "$1.pem" 2>/dev/null ||
        fail "openssl could not make a certificate"
}
