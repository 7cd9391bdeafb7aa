# tables.awk - makes C from the tables of this folder.
#
# awk -v make=rules -f tables.awk rules.def     a macro of words for each rule: TEXT_connect_timeout
# awk -v make=timers -f tables.awk timers.tsv   rows of struct timer
# awk -v make=states -f tables.awk states.tsv   rows of cells by verb
# awk -v make=replies -f tables.awk reply_patterns.tsv     rows of struct reply_row
# awk -v make=enhanced -f tables.awk enhanced_status.tsv   rows of subject, detail, rule
# awk -v make=positive -f tables.awk reply_codes.tsv       which positive codes a command may get
# awk -v make=providers -f tables.awk providers.tsv        rows of struct provider_row
# awk -v make=alerts -f tables.awk tls_alerts.tsv          rows of struct alert_row
# awk -v make=interceptors -f tables.awk interceptors.tsv  rows of struct interceptor_row
#
# POSIX awk: it must run in a bare build environment.

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function constant(word) {
    word = toupper(word)
    gsub(/-/, "_", word)
    return word
}

function broken(why) {
    print FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}

function flush(    name, i, f, text) {
    if (id == "") {
        return
    }
    name = id
    sub(/-<phase>$/, "", name)
    plain = name
    gsub(/-/, "_", name)
    text = "#define TEXT_" name " \\\n    .id = " quoted(plain) ", .phased = " (id == plain ? "false" : "true")
    for (i = 1; i <= field_count; i++) {
        f = fields[i]
        if (!(f in value)) {
            broken("rule " id " lacks " f)
        }
        text = text ", \\\n    ." member[f] " = " quoted(value[f] == "-" ? "" : value[f])
    }
    print text
    for (f in value) {
        delete value[f]
    }
    id = ""
}

BEGIN {
    if (make == "rules") {
        field_count = split("title headline trigger not causes next source", fields, " ")
        for (i = 1; i <= field_count; i++) {
            member[fields[i]] = fields[i]
        }
        member["not"] = "not_trigger"
        member["next"] = "next_step"
    } else {
        FS = "\t"
    }
    print "/* made by tables.awk from " (make == "rules" ? "rules.def" : make ".tsv") " */"
}

/^#/ || /^[ \t]*$/ { next }

make == "rules" && /^[ \t]/ {
    sub(/^[ \t]+/, "")
    value[field] = value[field] " " $0
    next
}

make == "rules" && $1 == "rule" {
    flush()
    id = $2
    if (id in seen) {
        broken("rule " id " twice")
    }
    seen[id] = 1
    next
}

make == "rules" {
    field = $1
    if (!(field in member)) {
        broken("no field " field)
    }
    sub(/^[^ \t]+[ \t]+/, "")
    value[field] = $0
    next
}

make == "timers" {
    if (NF != 6) {
        broken("six columns wanted")
    }
    phase = $1 == "command" ? "PHASES" : "PHASE_" constant($1)
    print "{" phase ", " $2 ", SIDE_" constant($3) ", " quoted($4) ", " quoted($5) ", " quoted($6) "},"
}

make == "states" {
    if (NF != 11) {
        broken("eleven columns wanted")
    }
    cells = ""
    for (i = 2; i <= NF; i++) {
        cells = cells $i
    }
    print "[VERB_" constant($1) "] = " quoted(cells) ","
}

# The words of our own tables: "4,5" for 45 (any refusal), a phase of report/vocabulary.def.
function reply_phase(word) {
    if (word == "any") {
        return "PHASES"
    }
    if (word == "helo") {
        word = "ehlo"
    }
    return "PHASE_" constant(word)
}

make == "replies" {
    if (NF < 8) {
        broken("eight columns wanted")
    }
    split($3, parts, ".")
    print "{" $1 ", " quoted($2 == "45" ? "4,5" : $2) ", " ($3 == "-" ? "-1, -1" : parts[1] ", " parts[2]) ", " \
        reply_phase($4) ", " quoted(tolower($5)) ", " quoted($6) ", " quoted($7) ", CONFIDENCE_" \
        ($8 == "H" ? "HIGH" : $8 == "M" ? "MEDIUM" : "LOW") "},"
}

# A success, or one of two: there the code decides.
make == "enhanced" {
    split($1, parts, ".")
    sub(/^server-idle-timeout \/ /, "", $5)
    print "{" parts[1] ", " parts[2] ", " ($5 ~ /[()\/]/ ? "NULL" : quoted($5)) "},"
}

# Listed as intermediate (2) or success (3), or seen in the wild (5: the notes begin behind a semicolon).
make == "positive" {
    codes = $2 "," $3
    split($5, parts, ";")
    for (i in parts) {
        if (parts[i] ~ /observed/) {
            rest = parts[i]
            while (match(rest, /[23][0-9][0-9]/)) {
                codes = codes "," substr(rest, RSTART, 3)
                rest = substr(rest, RSTART + 3)
            }
        }
    }
    gsub(/^,+|,+$/, "", codes)
    gsub(/,,+/, ",", codes)
    print "{" quoted($1) ", " quoted(codes) "},"
}

make == "providers" {
    if (NF < 5) {
        broken("five columns wanted")
    }
    field = constant($1)
    gsub(/\//, "_", field)
    count = split($2, parts, / [|] /)
    for (i = 1; i <= count; i++) {
        print "{PROVIDER_" field ", " quoted(tolower(parts[i])) ", " quoted($3) ", PROVIDER_" constant($4) ", " \
            ($5 == "yes" ? "true" : "false") "},"
    }
}

# The party that a column of blame begins with.
function blamed(words) {
    sub(/[^a-z].*/, "", words)
    return "PARTY_" (words ~ /^(client|server|network|middlebox|policy)$/ ? constant(words) : "UNKNOWN")
}

make == "alerts" {
    if (NF != 6) {
        broken("six columns wanted")
    }
    print "{" $1 ", " ($6 == "(none)" ? "NULL" : quoted($6)) ", {" blamed($4) ", " blamed($5) "}, {" \
        quoted($4 == "-" || $4 == "unknown" ? "" : $4) ", " quoted($5 == "-" || $5 == "unknown" ? "" : $5) "}},"
}

make == "interceptors" {
    if (NF != 2) {
        broken("two columns wanted")
    }
    print "{" quoted(tolower($1)) ", " quoted($2) "},"
}

END {
    if (!failed && make == "rules") {
        flush()
    }
}
