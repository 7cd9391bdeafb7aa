# tables.awk - makes C from the tables of this folder.
#
# awk -v make=rules -f tables.awk rules.def     a macro of words for each rule: TEXT_connect_timeout
# awk -v make=timers -f tables.awk timers.tsv   rows of struct timer
# awk -v make=states -f tables.awk states.tsv   rows of cells by verb
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

END {
    if (!failed && make == "rules") {
        flush()
    }
}
