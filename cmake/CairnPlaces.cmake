# Which country an address is in: a file of public facts (CC0), from npm, pinned by SHA-512. Kept in build/third-party; every program
# finds a copy in share/cairn beside it. Without npm the program is built without it, and says of no address where it is.
set(CAIRN_PLACES_VERSION 2.3.2026061719)
set(CAIRN_PLACES "" CACHE FILEPATH "A MaxMind DB of countries to install instead of the pinned one")
set(cairn_places_folder ${cairn_third_party}/places-${CAIRN_PLACES_VERSION})
if(NOT CAIRN_PLACES)
  cairn_npm_package(@ip-location-db/geo-whois-asn-country-mmdb ${CAIRN_PLACES_VERSION}
    c5e9810cd425e260980ee55ba9ede32862ac543ca464691fbde6e1b4e87fdd518b69dabcbeca7bb7ba27b69314b77847eec0064f478b0f227df5257ed306b166
    ${cairn_places_folder} OPTIONAL package/geo-whois-asn-country.mmdb package/README.md)
  set(cairn_places_file ${cairn_places_folder}/package/geo-whois-asn-country.mmdb)
else()
  set(cairn_places_file ${CAIRN_PLACES})
endif()
if(EXISTS ${cairn_places_file})
  configure_file(${cairn_places_file} ${CMAKE_BINARY_DIR}/src/share/cairn/country.mmdb COPYONLY)
  install(FILES ${cairn_places_file} DESTINATION share/cairn RENAME country.mmdb)
else()
  message(STATUS "Without a file of countries: no address will be located, unless --geoip names one")
endif()
