#!/usr/bin/perl
# Makes the small files that the tests of this room read; needs Debian's libmaxmind-db-writer-perl. Run it in this folder.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

sub make {
  my ($file, $type, $version, %rows) = @_;
  my %types = (country => 'map', city => 'map', names => 'map', location => 'map', latitude => 'double', longitude => 'double',
    accuracy_radius => 'uint16', autonomous_system_number => 'uint32');
  my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => $version, record_size => 24, database_type => $type, languages => ['en'], description => {en => 'a test'},
    alias_ipv6_to_ipv4 => 0, remove_reserved_networks => 0, map_key_type_callback => sub { $types{$_[0]} // 'utf8_string' });
  $tree->insert_network($_, $rows{$_}) for sort keys %rows;
  open my $handle, '>:raw', $file or die $!;
  $tree->write_tree($handle);
  close $handle or die $!;
}

make('flat.mmdb', 'flat-country', 6, '::1.1.1.0/120' => {country_code => 'AU'}, '::10.0.0.0/104' => {country_code => 'XX'}, '2001:200::/32' => {country_code => 'JP'},
  '::81.2.69.0/120' => {country_code => 'ZZ'}, '::203.0.113.0/120' => {country_code => 'AU'});
make('city.mmdb', 'GeoLite2-City', 4, '81.2.69.0/24' => {country => {iso_code => 'GB', names => {en => 'United Kingdom'}}, city => {names => {en => 'London', de => 'London'}}});
make('asn.mmdb', 'GeoLite2-ASN', 6, '::1.1.1.0/120' => {autonomous_system_number => 13335, autonomous_system_organization => 'Cloudflare, Inc.'},
  '2001:200::/32' => {asn => 'AS2500', as_name => 'WIDE Project'});

# Cities with coordinates: exact, without a radius; a country's middle with one, and without.
sub at { my ($latitude, $longitude, $radius) = @_; return {latitude => $latitude, longitude => $longitude, defined $radius ? (accuracy_radius => $radius) : ()} }
sub city { my ($country, $name, @at) = @_; return {country => {iso_code => $country}, $name ? (city => {names => {en => $name}}) : (), location => at(@at)} }
make('travel.mmdb', 'GeoLite2-City', 4, '81.2.69.0/24' => city('GB', 'London', 51.5142, -0.0931, 10), '5.1.2.0/24' => city('DE', 'Berlin', 52.52, 13.405, 20),
  '43.4.5.0/24' => city('JP', 'Tokyo', 35.69, 139.69), '9.9.9.0/24' => city('US', '', 37.751, -97.822, 1000), '24.1.0.0/24' => city('US', '', 37.751, -97.822),
  '81.2.70.0/24' => city('GB', 'Reading', 51.45, -0.97, 5), '7.7.7.0/24' => city('FR', 'Nowhere', 95, 2));
