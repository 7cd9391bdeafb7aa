# Makes a C file that holds the page's style and script, byte for byte.
#
# cmake -DOUTPUT=FILE -DSTYLE=style.css -DSCRIPT=page.js -P embed.cmake

function(embed name path result)
    file(READ ${path} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    # Lines of 20 bytes, for compilers and people that mind long ones.
    set(line "")
    foreach(unused RANGE 1 20)
        string(APPEND line "0x..,")
    endforeach()
    string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
    set(${result} "const unsigned char ${name}[] = {\n${bytes}\n};\nconst size_t ${name}_len = sizeof ${name};\n" PARENT_SCOPE)
endfunction()

embed(embedded_style ${STYLE} style)
embed(embedded_script ${SCRIPT} script)
file(WRITE ${OUTPUT} "/* Made from report/style.css and report/page.js; edit those. */\n#include \"report/embedded.h\"\n\n${style}\n${script}")
