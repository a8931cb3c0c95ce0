# The text of a terminal as an SVG: commands are bold, headings dim, what ended well green and what did not red.
function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}
function class_of(text) {
    if (text ~ /^> /) return "command"
    if (text ~ /^SEQ/) return "heading"
    if (text ~ /0xC0000005|denied|failed/) return "bad"
    if (text ~ /^whole/) return "good"
    return ""
}
{
    sub(/ +$/, "")
    if (NR > 1 && $0 ~ /^> /) lines[++count] = ""
    lines[++count] = $0
    if (length($0) > widest) widest = length($0)
}
END {
    width = int(widest * 7.25) + 40
    height = count * 19 + 62
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n", width, height, width, height
    print "<title>spawnctl runs programs, and shows who launched what with which handles</title>"
    print "<style>text{font:12px ui-monospace,Consolas,'DejaVu Sans Mono',monospace;fill:#d4d4d4;white-space:pre}" \
        ".command{fill:#fff;font-weight:bold}.heading{fill:#8a9199}.good{fill:#7ccf7c}.bad{fill:#f08a80}</style>"
    printf "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#1b1f24\"/>\n", width, height
    for (i = 0; i < 3; i++) printf "<circle cx=\"%d\" cy=\"18\" r=\"5\" fill=\"#4a525b\"/>\n", 20 + i * 18
    for (i = 1; i <= count; i++) {
        if (lines[i] == "") continue
        class = class_of(lines[i])
        # xml:space as well: not every viewer heeds white-space.
        printf "<text x=\"20\" y=\"%d\" xml:space=\"preserve\"%s>%s</text>\n", 50 + (i - 1) * 19,
            class ? " class=\"" class "\"" : "", escaped(lines[i])
    }
    print "</svg>"
}
