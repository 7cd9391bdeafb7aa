# arrows.awk - reads #include lines and prints those that the architecture forbids.
#
# Input: lines "FILE:#include ..." with FILE relative to the top, as grep prints them. A floor includes itself
# and the floors below it; a library from outside has one door; what is owned does not include its owner.
# docs/architecture.md says why. Prints "FILE includes HEADER: why" for each wrong arrow.

BEGIN {
    floor["capture"] = 0
    floor["dissect"] = 1
    floor["report"] = 2

    # Headers of a library, and the only files that may include them.
    door("^pcap", "^capture/source_(file|live|paced)\\.c$", "libpcap")
    door("^openssl/", "^(capture/crypto(_record)?|dissect/tls/certificate)\\.c$", "OpenSSL")
    door("^zlib\\.h$", "^capture/inflate\\.c$", "zlib")
    door("^zstd", "^capture/zstd\\.c$", "libzstd")
    door("^lz4", "^capture/unlz4\\.c$", "liblz4")
    door("^sys/capability\\.h$", "^capture/privilege\\.c$", "libcap")
    door("^libxml/", "^report/xml\\.c$", "libxml2")
    door("^(libndpi|ndpi_)", "^dissect/classify\\.c$", "nDPI")

    # Sideways: files that must not include headers, although the floor is right.
    never("^dissect/net/", "^dissect/(tcp/|smtp/|tls/|[^/]*(conversation|session|dissect|event)\\.h)",
          "packets know nothing of connections")
    never("^dissect/tcp/", "^dissect/(smtp/|tls/|dissect\\.h)",
          "TCP does not know what is said on it")
    never("^dissect/tcp/(ranges|reassembly|chunk)", "^dissect/(conversation\\.h|tcp/(flow|connection))",
          "reassembly hands chunks to a sink; it does not know who reads them")
    never("^dissect/conversation\\.c$", "^dissect/(tcp/(flow|connection|reassembly)|dissect\\.h)",
          "a conversation is owned by its connection")
    never("^dissect/smtp/", "^dissect/(tls/|tcp/(flow|reassembly)|conversation\\.h|dissect\\.h)",
          "a dialogue is owned by its conversation")
    never("^dissect/tls/", "^dissect/(smtp/|tcp/(flow|reassembly)|conversation\\.h|dissect\\.h)",
          "a TLS reader is owned by its conversation")
    never("^dissect/[^/]*(session|event|arena|text|limits)\\.[ch]$", "^dissect/(conversation|dissect)\\.h",
          "the model knows nothing of who fills it")
    never("^report/diagnose/", "^report/(json|xml|html|text|ladder|chart|page|redact|output|chain|run|inputs|options|help)[_.]|^report/live/",
          "rules judge; they do not print and are not printed")
    never("^report/(json|xml|html|text|ladder|chart|page)", "^report/(chain|run|inputs|options|help)[_.]|^report/live/",
          "a writer does not know who drives it")
    never("^report/redact", "^report/(json|xml|html|text|ladder|chart|page|chain|run|options)[_.]|^report/live/",
          "redaction comes before every writer")
}

function door(header, file, name) {
    door_header[++doors] = header
    door_file[doors] = file
    door_name[doors] = name
}

function never(file, header, why) {
    never_file[++nevers] = file
    never_header[nevers] = header
    never_why[nevers] = why
}

function wrong(why) {
    print file " includes " header ": " why
    found++
}

function floor_of(path,    parts) {
    split(path, parts, "/")
    return parts[1] in floor ? floor[parts[1]] : -1
}

{
    colon = index($0, ":")
    file = substr($0, 1, colon - 1)
    header = substr($0, colon + 1)
    if (!match(header, /[<"][^>"]*[>"]/)) {
        next
    }
    quote = substr(header, RSTART, 1)
    header = substr(header, RSTART + 1, RLENGTH - 2)
    seen++

    for (i = 1; i <= doors; i++) {
        if (header ~ door_header[i] && quote == "<" && file !~ door_file[i]) {
            wrong("the only door to " door_name[i] " is " door_file[i])
        }
    }
    if (header ~ /^\.\.?\// || header ~ /\.c$/) {
        wrong("headers are named from the top of the tree, and only headers are included")
    }
    if (header ~ /^(main|tests)/) {
        wrong("nothing includes main or tests")
    }
    if (floor_of(file) >= 0 && floor_of(header) > floor_of(file)) {
        wrong("a floor does not include what stands above it")
    }
    for (i = 1; i <= nevers; i++) {
        if (file ~ never_file[i] && header ~ never_header[i]) {
            wrong(never_why[i])
        }
    }
}

END {
    if (seen == 0) {
        print "no #include line was read"
        exit 1
    }
    exit found > 0
}
