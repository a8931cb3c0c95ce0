# What every target of our own is compiled and linked with: sb_options.
add_library(sb_options INTERFACE)
target_compile_features(sb_options INTERFACE c_std_17)
# An include says its room, from the root of the tree: "service/audit/store.h".
target_include_directories(sb_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(sb_options INTERFACE SB_VERSION="${PROJECT_VERSION}")

if(MSVC)
    target_compile_options(sb_options INTERFACE /W4 /wd4200 /wd4204 /wd4221 /wd4706 /WX /utf-8 /guard:cf /sdl)
    target_compile_definitions(sb_options INTERFACE _CRT_SECURE_NO_WARNINGS)
    add_link_options(/guard:cf /CETCOMPAT)
else()
    target_compile_options(sb_options INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Werror)
endif()

if(WIN32)
    # Windows 10 and later, UTF-16 functions.
    add_compile_definitions(_WIN32_WINNT=0x0A00 WINVER=0x0A00 UNICODE _UNICODE)
endif()

if(MINGW)
    # Static: no DLL of the compiler (libgcc, libssp, winpthread) is needed at run time.
    add_compile_options(-fstack-protector-strong)
    add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
    # Sections where pages are: Wine maps such an image, and reads any other into memory of its own.
    add_link_options(-static -fstack-protector-strong -Wl,--dynamicbase,--nxcompat,--file-alignment=4096)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
        add_link_options(-Wl,--high-entropy-va)
    endif()
endif()

if(SB_SANITIZE)
    target_compile_options(sb_options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
    if(CMAKE_C_COMPILER_ID MATCHES Clang)
        target_compile_options(sb_options INTERFACE -fsanitize=fuzzer-no-link)
    endif()
endif()
