# vocabulary.awk - makes from vocabulary.def what the program, the XSD and the manual need of it.
#
# awk -v make=WHAT -f vocabulary.awk vocabulary.def [FILE]
#
# WHAT is header or source (C), xsd (FILE is the schema with a line @VOCABULARY_TYPES@, which is replaced by
# the types), or markdown. POSIX awk: it must run in a bare build environment.

function constant(prefix, word) {
    word = toupper(word)
    gsub(/-/, "_", word)
    return prefix "_" word
}

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function rest(first,    i, text) {
    text = $first
    for (i = first + 1; i <= NF; i++) {
        text = text " " $i
    }
    return text
}

function broken(why) {
    print FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}

FNR == 1 { file++ }

# The schema: kept line by line, printed at the end with the types in place.
file == 2 {
    schema[++schema_lines] = $0
    next
}

/^[ \t]*(#|$)/ { next }

$1 == "list" {
    if (NF < 6) {
        broken("a list needs NAME TAG PREFIX COUNT and what it is")
    }
    list = $2
    lists[++list_count] = list
    tag[list] = $3
    prefix[list] = $4
    plural[list] = $5
    about[list] = rest(6)
    next
}

$1 == "subset" {
    if (NF < 4 || !($3 in tag)) {
        broken("a subset needs NAME, a list above it, and words")
    }
    subsets[++subset_count] = $2
    subset_of[$2] = $3
    subset_words[$2] = rest(4)
    next
}

/^ / {
    if (list == "" || NF < 2) {
        broken("a word needs a list above it and a meaning behind it")
    }
    n = ++words[list]
    word[list, n] = $1
    meaning[list, n] = rest(2)
    next
}

{ broken("neither a list, a subset nor a word") }

function make_header(    i, j, l) {
    print "/* vocabulary.h - the words of the contract. Made from report/vocabulary.def; edit that. */"
    print "#ifndef REPORT_VOCABULARY_H\n#define REPORT_VOCABULARY_H"
    for (i = 1; i <= list_count; i++) {
        l = lists[i]
        print "\n/* " about[l] " */\nenum " tag[l] " {"
        for (j = 1; j <= words[l]; j++) {
            print "    " constant(prefix[l], word[l, j]) ", /* " meaning[l, j] " */"
        }
        print "    " prefix[l] "_COUNT" (plural[l] == "-" ? "" : ",\n    " plural[l] " = " prefix[l] "_COUNT")
        print "};"
        print "extern const char *const " l "_words[" prefix[l] "_COUNT];"
        print "extern const char *const " l "_meanings[" prefix[l] "_COUNT];"
    }
    print "\n#endif"
}

function make_array(l, suffix, texts,    j) {
    print "\nconst char *const " l suffix "[" prefix[l] "_COUNT] = {"
    for (j = 1; j <= words[l]; j++) {
        print "    [" constant(prefix[l], word[l, j]) "] = " quoted(texts[l, j]) ","
    }
    print "};"
}

function make_source(    i) {
    print "/* vocabulary.c - the words of the contract. Made from report/vocabulary.def; edit that. */"
    print "#include \"report/vocabulary.h\""
    for (i = 1; i <= list_count; i++) {
        make_array(lists[i], "_words", word)
        make_array(lists[i], "_meanings", meaning)
    }
}

function type_begin(indent, name, about_it) {
    print indent "<xs:simpleType name=\"" name "Word\">"
    print indent "  <xs:annotation><xs:documentation>" about_it "</xs:documentation></xs:annotation>"
    print indent "  <xs:restriction base=\"xs:token\">"
}

function type_end(indent) {
    print indent "  </xs:restriction>\n" indent "</xs:simpleType>"
}

function make_types(indent,    i, j, l, parts, n) {
    for (i = 1; i <= list_count; i++) {
        l = lists[i]
        type_begin(indent, l, about[l])
        for (j = 1; j <= words[l]; j++) {
            print indent "    <xs:enumeration value=\"" word[l, j] "\"/>"
        }
        type_end(indent)
    }
    for (i = 1; i <= subset_count; i++) {
        l = subsets[i]
        type_begin(indent, l, about[subset_of[l]])
        n = split(subset_words[l], parts, " ")
        for (j = 1; j <= n; j++) {
            print indent "    <xs:enumeration value=\"" parts[j] "\"/>"
        }
        type_end(indent)
    }
}

function make_xsd(    i, indent) {
    for (i = 1; i <= schema_lines; i++) {
        if (schema[i] ~ /@VOCABULARY_TYPES@/) {
            indent = schema[i]
            sub(/[^ ].*/, "", indent)
            make_types(indent)
        } else {
            print schema[i]
        }
    }
}

function make_markdown(    i, j, l) {
    print "# The words of the reports\n"
    print "Every report, option and rule uses these words and no others for these ideas. This page is made from"
    print "`report/vocabulary.def`, as are the types of the XSD; a test fails when it is not up to date.\n"
    print "To refresh it: `awk -v make=markdown -f report/vocabulary.awk report/vocabulary.def > docs/vocabulary.md`."
    for (i = 1; i <= list_count; i++) {
        l = lists[i]
        print "\n## " l "\n\n" toupper(substr(about[l], 1, 1)) substr(about[l], 2) ".\n"
        print "| word | meaning |\n|---|---|"
        for (j = 1; j <= words[l]; j++) {
            print "| `" word[l, j] "` | " meaning[l, j] " |"
        }
    }
    for (i = 1; i <= subset_count; i++) {
        l = subsets[i]
        print "\n## " l "\n\nThese words of *" subset_of[l] "*: " subset_words[l] "."
    }
}

END {
    if (failed) {
        exit 1
    }
    if (make == "header") {
        make_header()
    } else if (make == "source") {
        make_source()
    } else if (make == "xsd") {
        make_xsd()
    } else if (make == "markdown") {
        make_markdown()
    } else {
        print "vocabulary.awk: make is header, source, xsd or markdown" > "/dev/stderr"
        exit 1
    }
}
